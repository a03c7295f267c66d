/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/section.h"

/* Images between segments. */

bool flynn_section_in_place(const struct flynn_engine *engine, int i)
{
    const struct flynn_plan *plan = engine->plan;
    const struct flynn_stage *stage = engine->section[i].stage[0];
    size_t stride, bytes;
    if (!stage->in_place || (i > 0 && flynn_section_in_place(engine, i - 1)))
        return false;
    int source = plan->segment[i].source;
    bool alone = source == i - 1;
    for (int k = 0; k < plan->segments; k++) {
        const struct flynn_segment *other = &plan->segment[k];
        int beside = other->beside >= 0 ? plan->segment[other->beside].source : -2;
        alone &= (k == i || other->source != source) && beside != source && (source < 0 || other->side != source);
    }
    struct flynn_shape room = flynn_section_room(stage);
    return alone && !flynn_shape_measure(&room, &stride, &bytes, NULL);
}

bool flynn_section_has_room(const struct flynn_stage *stage)
{
    struct flynn_shape room = flynn_section_room(stage);
    return flynn_shape_equal(&room, &stage->out) && room.height == stage->out.height;
}

struct flynn_shape flynn_section_room(const struct flynn_stage *stage)
{
    struct flynn_shape room = flynn_row_bytes(&stage->in) > flynn_row_bytes(&stage->out) ? stage->in : stage->out;
    room.height = stage->in.height + stage->below;
    room.height = room.height > stage->out.height ? room.height : stage->out.height;
    return room;
}

int flynn_section_alloc_room(struct flynn_image *out, const struct flynn_stage *stage, struct flynn_err *err)
{
    struct flynn_shape room = flynn_section_room(stage);
    int code = flynn_image_alloc(out, &room, err);
    out->data += flynn_row_bytes(&room) - flynn_row_bytes(&stage->out);
    out->shape = stage->out;
    return code;
}

struct flynn_image flynn_section_input_in(const struct flynn_image *out, const struct flynn_stage *stage)
{
    ptrdiff_t back = (ptrdiff_t)flynn_row_bytes(&stage->in) - (ptrdiff_t)flynn_row_bytes(&stage->out);
    return (struct flynn_image){
        .shape = stage->in,
        .stride = out->stride,
        .data = out->data + (ptrdiff_t)out->stride * stage->below - back,
    };
}

/* What segment i makes lies in the memory that the next one has for its own output, or has memory itself. The output of
 * the last one may come to have room when the plan is run. */
static int open_images(struct flynn_engine *engine, int i, struct flynn_err *err)
{
    struct flynn_section *section = &engine->section[i], *next = section + 1;
    bool last = i == engine->plan->segments - 1;
    const struct flynn_stage *stage = section->stage[0];
    int code = FLYNN_OK;
    if (flynn_section_in_place(engine, i) && (!last || (i > 0 && !flynn_section_has_room(stage)))) {
        code = flynn_section_alloc_room(&section->room, stage, err);
        engine->bytes += section->room.owned_bytes;
        section->result = section->room;
        section->result.owned = NULL;
    } else if (!last && !flynn_section_in_place(engine, i + 1)) {
        code = flynn_image_alloc(&section->result, &flynn_section_last(section)->out, err);
        engine->bytes += section->result.owned_bytes;
    }
    if (!code && !last && next->room.data)
        section->result = flynn_section_input_in(&next->room, next->stage[0]);
    return code;
}

int flynn_section_images(struct flynn_engine *engine, struct flynn_err *err)
{
    int code = FLYNN_OK;
    for (int i = engine->plan->segments - 1; i >= 0 && !code; i--)
        code = open_images(engine, i, err);
    for (int i = 0; i < engine->plan->segments && !code; i++) {
        struct flynn_section *section = &engine->section[i];
        for (int s = 0; section->own && s < section->stages; s++) {
            if (section->own[s].side_table)
                section->own[s].table[0].data = engine->section[engine->plan->segment[i].side].result.data;
        }
    }
    return code;
}
