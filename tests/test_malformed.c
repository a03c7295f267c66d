/* SPDX-License-Identifier: Apache-2.0 */
#include "file_helpers.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

TestSuite(malformed, .init = scratch_make, .fini = scratch_remove);

#define TEXT(s)    s, sizeof s - 1
#define V1(length) "\x93NUMPY\x01\x00" length "\x00"

static const struct {
    const char *file;
    size_t n;
    int code;
    const char *part; /* must be in the message, which always starts with the name */
} cases[] = {
    {TEXT(""), FLYNN_EINPUT, "empty"},
    {TEXT(" \n\n"), FLYNN_EINPUT, "unknown format"},
    {TEXT("\x89PNG\r\n\x1a\n"), FLYNN_EINPUT, "PNG"},
    {TEXT("\xff\xd8\xff\xe0"), FLYNN_EINPUT, "JPEG"},
    {TEXT("hello"), FLYNN_EINPUT, "offset 0: unknown format (starts with 'h')"},
    {TEXT("P"), FLYNN_EINPUT, "unknown format"},
    {TEXT("P8 1 1 1"), FLYNN_EINPUT, "unknown format (starts with 'P'); flynn reads PNM (P1 to P7)"},
    {TEXT("P55 5"), FLYNN_EINPUT, "offset 2: '5' where white space"},
    {TEXT("P5"), FLYNN_EINPUT, "offset 2: the end of the file where white space"},
    {TEXT("P5 x"), FLYNN_EINPUT, "offset 3: 'x' where a width"},
    {TEXT("P5 1 -1 255 "), FLYNN_EINPUT, "offset 5: '-' where a height"},
    {TEXT("P5 1 1 255x"), FLYNN_EINPUT, "offset 10: 'x' where white space"},
    {TEXT("P5 1 1 255"), FLYNN_EINPUT, "the end of the file"},
    {TEXT("P5 1 1 # no end"), FLYNN_EINPUT, "the end of the file where a maxval"},
    {TEXT("P5 1 1 0\nA"), FLYNN_EINPUT, "maxval 0 is outside 1..65535"},
    {TEXT("P5 1 1 65536\nAA"), FLYNN_EINPUT, "maxval 65536 is outside 1..65535"},
    {TEXT("P5 1 1 99999999999\nAA"), FLYNN_EINPUT, "a maxval is above"},
    {TEXT("P5 0 1 255\n"), FLYNN_EINPUT, "size 0x1"},
    {TEXT("P5 1 2000000000 255\n"), FLYNN_EINPUT, "size 1x2000000000"},
    {TEXT("P6 1000000000 1000000000 65535\nA"), FLYNN_EINPUT, "truncated"},
    {TEXT("P6 100000 100000 255\nA"), FLYNN_EINPUT, "samples from offset 21 take 30000000000 bytes, 1 are there"},
    {TEXT("P3 100000 100000 255\n1"), FLYNN_EINPUT, "take 59999999999 bytes"},
    {TEXT("P1 100000 100000\n1"), FLYNN_EINPUT, "take 10000000000 bytes"},
    {TEXT("P6 2 2 255\nABCDEFGHIJK"), FLYNN_EINPUT, "samples from offset 11 take 12 bytes, 11 are there"},
    {TEXT("P5 2 2 65535\nABCDEFG"), FLYNN_EINPUT, "take 8 bytes, 7 are there"},
    {TEXT("P4 9 2 ABC"), FLYNN_EINPUT, "take 4 bytes, 3 are there"},
    {TEXT("P5 2 2 100\nAB\x64\x65"), FLYNN_EINPUT, "offset 14: sample 101 is above the maxval 100"},
    {TEXT("P5 2 1 1000\n\x03\xe8\x03\xe9"), FLYNN_EINPUT, "offset 14: sample 1001 is above the maxval 1000"},
    {TEXT("P2 2 1\n15\n15\n16"), FLYNN_EINPUT, "line 4: sample 16 is above the maxval 15"},
    {TEXT("P2 2 1 15 1 99999999999999999999"), FLYNN_EINPUT, "is above the maxval 15"},
    {TEXT("P2 2 1 15\n1 x"), FLYNN_EINPUT, "line 2: 'x' where a sample"},
    {TEXT("P2 2 1 15\n1 -2"), FLYNN_EINPUT, "line 2: '-' where a sample"},
    {TEXT("P2 2 1 15\n1,2"), FLYNN_EINPUT, "line 2: ',' where white space"},
    {TEXT("P2 2 1 15\n123  "), FLYNN_EINPUT, "sample 123 is above"},
    {TEXT("P2 2 2 15\n1 2 3    \n"), FLYNN_EINPUT, "4 samples expected, 3 found"},
    {TEXT("P1 2 2\n0 1 2 1"), FLYNN_EINPUT, "line 2: '2' where 0 or 1"},
    {TEXT("P1 2 2\n0 1 1 #"), FLYNN_EINPUT, "4 samples expected, 3 found"},
    {TEXT("P7"), FLYNN_EINPUT, "the end of the file where ENDHDR"},
    {TEXT("P7 WIDTH 1\n"), FLYNN_EINPUT, "P7 needs a line"},
    {TEXT("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 1\nENDHDR\nA"), FLYNN_EINPUT, "MAXVAL is missing"},
    {TEXT("P7\nWIDTH 1\nWIDTH 1\n"), FLYNN_EINPUT, "line 3: WIDTH is given twice"},
    {TEXT("P7\nWIDTH x\n"), FLYNN_EINPUT, "line 2: WIDTH needs a number"},
    {TEXT("P7\nWIDTH\n"), FLYNN_EINPUT, "line 2: WIDTH needs a number"},
    {TEXT("P7\nCOLOR 1\n"), FLYNN_EINPUT, "line 2: 'COLOR' is none of"},
    {TEXT("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 5\nMAXVAL 1\nENDHDR\n"), FLYNN_EINPUT, "DEPTH 5 is outside 1..4"},
    {TEXT("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 0\nMAXVAL 1\nENDHDR\n"), FLYNN_EINPUT, "DEPTH 0 is outside 1..4"},
    {TEXT("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 1\nMAXVAL 0\nENDHDR\n"), FLYNN_EINPUT, "maxval 0"},
    {TEXT("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 1\nMAXVAL 9\nTUPLTYPE RGB\nENDHDR\n"), FLYNN_EINPUT,
     "RGB needs DEPTH 3, found 1"},
    {TEXT("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 1\nMAXVAL 9\nTUPLTYPE BLACKANDWHITE\nENDHDR\n"), FLYNN_EINPUT,
     "needs MAXVAL 1"},
    {TEXT("PF 1 1 0\n............"), FLYNN_EINPUT, "offset 7: '0' where a scale"},
    {TEXT("PF 1 1 nan\n............"), FLYNN_EINPUT, "'nan' where a scale"},
    {TEXT("PF 1 1 1x\n............"), FLYNN_EINPUT, "'1x' where a scale"},
    {TEXT("PF 1 x 1\n............"), FLYNN_EINPUT, "offset 5: 'x' where a height"},
    {TEXT("PFM 1 1 1\n"), FLYNN_EINPUT, "'PFM' where PF or Pf"},
    {TEXT("Pf"), FLYNN_EINPUT, "the end of the file"},
    {TEXT("PF 1 1 -1\n..........."), FLYNN_EINPUT, "take 12 bytes, 11 are there"},
    {TEXT("\x93NUMPY"), FLYNN_EINPUT, "truncated: NPY header"},
    {TEXT("\x93NUMPY\x04\x00\x00\x00"), FLYNN_EINPUT, "NPY version 4.0"},
    {TEXT("%%MatrixMarket"), FLYNN_EINPUT, "line 1: '' where matrix is expected"},
    {TEXT("%%MatrixMarket vector coordinate real general\n"), FLYNN_EINPUT, "'vector' is not supported"},
    {TEXT("%%MatrixMarket matrix sparse real general\n"), FLYNN_EINPUT, "'sparse' where coordinate is expected"},
    {TEXT("%%MatrixMarket matrix coordinate complex general\n"), FLYNN_EINPUT, "'complex' is not supported"},
    {TEXT("%%MatrixMarket matrix coordinate real hermitian\n"), FLYNN_EINPUT, "'hermitian' is not supported"},
    {TEXT("%%MatrixMarket matrix coordinate pattern skew-symmetric\n"), FLYNN_EINPUT, "a pattern has no signs"},
    {TEXT("%%MatrixMarket matrix array real symmetric\n"), FLYNN_EINPUT, "an array is real or integer, and general"},
    {TEXT("%%MatrixMarket matrix coordinate real general\n% only\n"), FLYNN_EINPUT,
     "the file ends where the sizes are expected"},
    {TEXT("%%MatrixMarket matrix coordinate real general\n3 3\n"), FLYNN_EINPUT,
     "line 2: '' where the number of elements is expected"},
    {TEXT("%%MatrixMarket matrix coordinate real general\n0 3 1\n"), FLYNN_EINPUT,
     "the number of rows 0 is outside of 1..1073741824"},
    {TEXT("%%MatrixMarket matrix coordinate real general\n3 99999999999999999999 1\n"), FLYNN_EINPUT,
     "the number of columns 99999999999999999999 is outside"},
    {TEXT("%%MatrixMarket matrix coordinate real general\n3 3 1 1\n"), FLYNN_EINPUT,
     "line 2: '1' where the line should end"},
    {TEXT("%%MatrixMarket matrix coordinate real symmetric\n3 2 1\n1 1 1\n"), FLYNN_EINPUT,
     "a symmetric matrix is square"},
    {TEXT("%%MatrixMarket matrix coordinate real general\n3 3 2\n1 1 1\n"), FLYNN_EINPUT,
     "line 3: the file ends after 1 of 2 elements"},
    {TEXT("%%MatrixMarket matrix coordinate real general\n3 3 1\n4 1 1\n"), FLYNN_EINPUT,
     "line 3: row 4 is outside of 1..3"},
    {TEXT("%%MatrixMarket matrix coordinate real general\n3 3 1\n1 0 1\n"), FLYNN_EINPUT,
     "line 3: column 0 is outside of 1..3"},
    {TEXT("%%MatrixMarket matrix coordinate real general\n3 3 1\n1 -1 1\n"), FLYNN_EINPUT,
     "'-1' where column is expected"},
    {TEXT("%%MatrixMarket matrix coordinate real general\n3 3 1\n1 1\n"), FLYNN_EINPUT,
     "line 3: '' where a value is expected"},
    {TEXT("%%MatrixMarket matrix coordinate real general\n3 3 1\n1 1 1x\n"), FLYNN_EINPUT,
     "'1x' where a value is expected"},
    {TEXT("%%MatrixMarket matrix coordinate real general\n3 3 1\n1 1 1 1\n"), FLYNN_EINPUT,
     "line 3: '1' where the line should end"},
    {TEXT("%%MatrixMarket matrix coordinate integer general\n3 3 1\n1 1 1.5\n"), FLYNN_EINPUT,
     "'1.5' in a file of whole numbers"},
    {TEXT("%%MatrixMarket matrix coordinate pattern general\n3 3 1\n1 1 1\n"), FLYNN_EINPUT, "a pattern has no values"},
    {TEXT("%%MatrixMarket matrix coordinate real symmetric\n3 3 1\n1 2 1\n"), FLYNN_EINPUT,
     "a symmetric file lists what lies on and below the diagonal"},
    {TEXT("%%MatrixMarket matrix coordinate real skew-symmetric\n3 3 1\n2 2 1\n"), FLYNN_EINPUT,
     "the diagonal of a skew-symmetric matrix is 0"},
    {TEXT("%%MatrixMarket matrix coordinate real general\n3 3 1\n1 1 1\n\n2 2 2\n"), FLYNN_EINPUT,
     "line 5: something after the last of 1 elements"},
    {TEXT("%%MatrixMarket matrix array real general\n2 2\n1\n2\n"), FLYNN_EINPUT,
     "line 4: the file ends after 2 of 4 elements"},
    {TEXT("%%MatrixMarket matrix coordinate real general\n3 3 1\n1 1 1\0"), FLYNN_EINPUT,
     "line 3: byte 0x00 in a text"},
    {TEXT(V1("\x40") "{"), FLYNN_EINPUT, "NPY header from offset 10 take 64 bytes, 1 are there"},
    {TEXT("\x93NUMPY\x02\x00\xff\xff\xff\xff"), FLYNN_EINPUT, "an NPY header of 4294967295 bytes"},
    {TEXT(V1("\x02") "[]"), FLYNN_EINPUT, "'{' is expected"},
    {TEXT(V1("\x02") "{}"), FLYNN_EINPUT, "descr, fortran_order or shape is missing"},
    {TEXT(V1("\x04") "{}\0 "), FLYNN_EINPUT, "a zero byte"},
    {TEXT(V1("\x03") "{'a"), FLYNN_EINPUT, "without an end"},
    {TEXT(V1("\x0a") "{'a\nb': 1}"), FLYNN_EINPUT, "no plain array has"},
    {TEXT("P7\nA\x1b[1m 1\n"), FLYNN_EINPUT, "'A' is none of"},
    {TEXT(V1("\x0b") "{'size': 1}"), FLYNN_EINPUT, "unknown key 'size'"},
    {TEXT(V1("\x1f") "{'descr': '<u1','descr': '<u1'}"), FLYNN_EINPUT, "'descr' is given twice"},
    {TEXT(V1("\x1e") "{'descr': [('a','<i4')],'x':1}"), FLYNN_EINPUT, "structured"},
    {TEXT(V1("\x0c") "{'shape':(1)}"), FLYNN_EINPUT, "in the shape"},
    {TEXT(V1("\x0d") "{'shape':(-1)}"), FLYNN_EINPUT, "a size is expected"},
    {TEXT(V1("\x21") "{'shape':(99999999999999999999,)}"), FLYNN_EINPUT, "too large"},
    {TEXT(V1("\x12") "{'fortran_order':1}"), FLYNN_EINPUT, "True or False"},
    {TEXT(V1("\x33") "{'descr':'|b1','fortran_order':False,'shape':(1,)} A"), FLYNN_EINPUT, "'|b1' is not supported"},
    {TEXT(V1("\x33") "{'descr':'<i2','fortran_order':False,'shape':(1,)} A"), FLYNN_EINPUT, "'<i2' is not supported"},
    {TEXT(V1("\x33") "{'descr':'<i8','fortran_order':False,'shape':(1,)} A"), FLYNN_EINPUT, "'<i8' is not supported"},
    {TEXT(V1("\x34") "{'descr':'<c16','fortran_order':False,'shape':(1,)} A"), FLYNN_EINPUT, "'<c16' is not supported"},
    {TEXT(V1("\x30") "{'descr':'|u1','fortran_order':False,'shape':()}A"), FLYNN_EINPUT, "0 dimensions"},
    {TEXT(V1("\x39") "{'descr':'|u1','fortran_order':False,'shape':(1,1,1,1,1)}A"), FLYNN_EINPUT, "5 dimensions"},
    {TEXT(V1("\x35") "{'descr':'|u1','fortran_order':False,'shape':(1,1,0)}AAAAA"), FLYNN_EINPUT, "channels 0"},
    {TEXT(V1("\x34") "{'descr':'|u1','fortran_order':True,'shape':(1,1,5)}AAAAA"), FLYNN_EINPUT, "C order is expected"},
    {TEXT(V1("\x3f") "{'descr':'|u1','fortran_order':False,'shape':(65536,65536,1,1)}"), FLYNN_EINPUT, "2^30 rows"},
    {TEXT(V1("\x33") "{'descr':'|u1','fortran_order':False,'shape':(0,1)}"), FLYNN_EINPUT, "size 1x0"},
    {TEXT(V1("\x40") "{'descr':'<f8','fortran_order':False,'shape':(99999999,9999999)}"), FLYNN_EINPUT, "truncated"},
    {TEXT(V1("\x33") "{'descr':'<u2','fortran_order':True,'shape':(2,2)} ABCDEFG"), FLYNN_EINPUT,
     "take 8 bytes, 7 are"},
    {TEXT("1,2\n3\n"), FLYNN_EINPUT, "line 2: 1 numbers, the first row has 2"},
    {TEXT("1,2\n3,x\n"), FLYNN_EINPUT, "line 2: 'x' where a number"},
    {TEXT("1,2\n3,\n"), FLYNN_EINPUT, "line 2: byte 0x0a where a number"},
    {TEXT("1,,2\n"), FLYNN_EINPUT, "line 1: ',' where a number"},
    {TEXT("1,5;2,5\n"), FLYNN_EINPUT, "line 1: separator ';', before it was ','"},
    {TEXT("1 2\n3,4\n"), FLYNN_EINPUT, "line 2: separator ',', before it was ' '"},
    {TEXT("# nothing\n"), FLYNN_EINPUT, "no numbers"},
    {TEXT("1.2.3\n"), FLYNN_EINPUT, "line 1: '1.2.3' where a number"},
    {TEXT("1\0"), FLYNN_EINPUT, "line 1: byte 0x00 where a separator"},
};
#define N_CASES (sizeof cases / sizeof *cases)

static void check(size_t i, const char *name, int code, const struct flynn_err *err, const struct flynn_image *image)
{
    cr_expect_eq(code, cases[i].code, "case %zu: %d, %s", i, code, code < 0 ? err->text : "decoded");
    cr_expect(strncmp(err->text, name, strlen(name)) == 0 && err->text[strlen(name)] == ':', "case %zu: %s", i,
              err->text);
    cr_expect(strstr(err->text, cases[i].part), "case %zu: '%s' is not in: %s", i, cases[i].part, err->text);
    cr_expect(!strchr(err->text, '\n'));
    cr_expect(!image->data && !image->owned, "case %zu: something stays allocated", i);
}

Test(malformed, each_has_one_clear_line)
{
    for (size_t i = 0; i < N_CASES; i++) {
        struct flynn_image image;
        struct flynn_err err = {0};
        int code = flynn_read_memory(&image, cases[i].file, cases[i].n, NULL, "some", &err);
        check(i, "some", code, &err, &image);
    }
}

Test(malformed, files_say_the_same_as_memory)
{
    for (size_t i = 0; i < N_CASES; i++) {
        struct flynn_image image;
        struct flynn_err err = {0};
        const char *path = scratch("bad");
        put_file(path, cases[i].file, cases[i].n);
        int code = flynn_read(&image, path, &err);
        check(i, path, code, &err, &image);
    }
}

/* A pipe has no length: the samples run out while they are read. */
Test(malformed, truncated_pipes)
{
    static const char *const files[] = {"P6 100 100 255\nABC", "P5 9 9 65535\nABC", "P5 9 9 100\nABC",
                                        "P2 9 9 9 1 2 3",      "PF 9 9 -1\nABC",    "P4 900 9 ABC"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        int ends[2], old = dup(0);
        struct flynn_image image;
        struct flynn_err err = {0};
        cr_assert(pipe(ends) == 0 && write(ends[1], files[i], strlen(files[i])) > 0 && dup2(ends[0], 0) == 0);
        close(ends[0]);
        close(ends[1]);
        cr_expect_eq(flynn_read(&image, "-", &err), FLYNN_EINPUT);
        cr_expect(strstr(err.text, "stdin: ") == err.text && strstr(err.text, "truncated"), "file %zu: %s", i,
                  err.text);
        dup2(old, 0);
        close(old);
    }
}

Test(malformed, system_errors_are_not_bad_input)
{
    struct flynn_image image;
    struct flynn_err err = {0};
    cr_expect_eq(flynn_read(&image, scratch("absent"), &err), FLYNN_EIO);
    cr_expect(strstr(err.text, "No such file"), "%s", err.text);
    cr_expect_eq(flynn_read(&image, scratch("."), &err), FLYNN_EIO);
    cr_expect(strstr(err.text, "directory"), "%s", err.text);
}

Test(malformed, limits_hold_before_memory_is_taken)
{
    static const struct {
        const char *file;
        size_t n, least; /* bytes that the image takes */
    } files[] = {{TEXT("P5 64 2 255\n"), 128}, {TEXT("Pf 16 2 -1\n"), 128}, {TEXT("1 2 3\n4 5 6\n"), 128}};
    char file[256];
    for (size_t i = 0; i < 3; i++) {
        memset(file, 0, sizeof file);
        memcpy(file, files[i].file, files[i].n);
        const char *path = scratch("f");
        put_file(path, file, i == 2 ? files[i].n : sizeof file);
        for (size_t limit = files[i].least - 1; limit <= files[i].least; limit++) {
            struct flynn_reader *reader;
            struct flynn_image image;
            struct flynn_err err = {0};
            cr_assert_eq(flynn_reader_open(&reader, path, &err), 0);
            flynn_reader_limit(reader, limit);
            int code = flynn_reader_next(reader, &image, &err);
            cr_expect_eq(code, limit < files[i].least ? FLYNN_ELIMIT : 1, "file %zu limit %zu: %s", i, limit, err.text);
            cr_expect(code == 1 || strstr(err.text, "limit"), "%s", err.text);
            flynn_image_free(&image);
            flynn_reader_close(reader);
        }
    }
}
