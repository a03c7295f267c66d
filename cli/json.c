/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/json.h"

#include "flynn_commit.h"
#include "flynn_config.h"

#include <flynn/backend.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

json_t *cli_json_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *cli_json_text(const char *text)
{
    static const char unknown[] = "\357\277\275"; /* U+FFFD */
    json_t *json = json_string(text);
    char *copy = json ? NULL : malloc(3 * strlen(text) + 1);
    size_t n = 0;
    for (; copy && *text; text++) {
        bool ascii = (unsigned char)*text < 0x80;
        memcpy(copy + n, ascii ? text : unknown, ascii ? 1 : 3);
        n += ascii ? 1 : 3;
    }
    if (copy)
        json = json_stringn(copy, n);
    free(copy);
    return json;
}

json_t *cli_json_flynn(void)
{
    return json_pack("{s:s, s:s, s:s, s:s}", "version", FLYNN_VERSION, "commit", FLYNN_COMMIT, "compiler",
                     FLYNN_COMPILER, "flags", FLYNN_FLAGS);
}

json_t *cli_json_machine(const struct cli_machine *machine)
{
    json_t *isas = json_array();
    for (int i = 0; i < flynn_table_count(); i++) {
        if (flynn_table_usable(i, NULL))
            json_array_append_new(isas, json_string(flynn_table_name(i)));
    }
    bool measured = machine->copy_gbps[1] > 0;
    return json_pack("{s:s, s:i, s:i, s:i, s:o, s:I, s:I, s:I, s:o, s:o, s:o, s:o}", "cpu", machine->cpu, "cores",
                     machine->cores, "logical", machine->logical, "threads", machine->threads, "isas", isas,
                     "l1d_bytes", (json_int_t)machine->l1d, "l2_bytes", (json_int_t)machine->l2, "l3_bytes",
                     (json_int_t)machine->l3, "copy_gbps", cli_json_number(measured ? machine->copy_gbps[1] : NAN),
                     "fma_gflops", cli_json_number(measured ? machine->fma_gflops[1] : NAN), "copy_gbps_one_thread",
                     cli_json_number(measured ? machine->copy_gbps[0] : NAN), "fma_gflops_one_thread",
                     cli_json_number(measured ? machine->fma_gflops[0] : NAN));
}

void cli_json_print(json_t *json)
{
    json_dumpf(json, stdout, CLI_JSON_FLAGS);
    putchar('\n');
    json_decref(json);
}
