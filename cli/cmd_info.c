/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
int cli_info(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return cli_usage("not yet");
}
