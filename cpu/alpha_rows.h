/* SPDX-License-Identifier: Apache-2.0 */

/** A kernel of premultiply or unpremultiply, included once for each type of samples: pixels of 2 or 4 channels, of
 * which the last is alpha. SAMPLE is the type, ANSWER the function of a colour and its alpha, KERNEL the kernel's name.
 */

static void KERNEL(const struct flynn_call *call)
{
    int channels = call->stage->in.channels, samples = call->width * channels;
    for (int r = 0; r < call->rows; r++) {
        const SAMPLE *in = call->in[r];
        SAMPLE *out = call->out[r];
        for (int a = channels - 1; a < samples; a += channels) {
            for (int i = a - channels + 1; i < a; i++)
                out[i] = (SAMPLE)ANSWER(in[i], in[a]);
            out[a] = in[a];
        }
    }
}

#undef SAMPLE
#undef ANSWER
#undef KERNEL
