# SPDX-License-Identifier: Apache-2.0
"""Turn kernel files into one C file: embed.py OUTPUT FILE..."""
import os
import sys


def array(number, text):
    lines = [f"static const unsigned char file{number}[] = {{"]
    data = text + b"\0"
    for i in range(0, len(data), 24):
        lines.append("    " + "".join(f"{byte}," for byte in data[i:i + 24]))
    lines.append("};\n")
    return "\n".join(lines)


def main():
    output, files = sys.argv[1], sys.argv[2:]
    parts = ['/* Made by kernels/embed.py. */\n#include "opencl/source.h"\n']
    entries = []
    for number, path in enumerate(files):
        with open(path, "rb") as file:
            text = file.read()
        parts.append(array(number, text))
        entries.append(f'    {{"{os.path.basename(path)}", (const char *)file{number}, {len(text)}}},')
    parts.append("const struct flynn_cl_file flynn_cl_files[] = {\n" + "\n".join(entries) + "\n};\n")
    parts.append(f"const int flynn_cl_file_count = {len(files)};\n")
    with open(output, "w", encoding="ascii") as file:
        file.write("\n".join(parts))


main()
