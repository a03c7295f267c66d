/* SPDX-License-Identifier: Apache-2.0 */
#include "core/morphology.h"

#include "core/border.h"

/* As the parameters have it. */
static int width_asked(const struct flynn_node *node)
{
    return flynn_node_value(node, "ksize")->integer;
}

static int height_asked(const struct flynn_node *node)
{
    const struct flynn_value *height = flynn_node_value(node, "height");
    return height->set ? height->integer : width_asked(node);
}

/* A rectangle that reaches beyond both ends from everywhere sees the whole axis and its border, however long it is. */
static int side_of(int side, int axis)
{
    return side / 2 > axis ? 2 * axis + 1 : side;
}

int flynn_morph_width(const struct flynn_node *node)
{
    return side_of(width_asked(node), node->in.width);
}

int flynn_morph_height(const struct flynn_node *node)
{
    return side_of(height_asked(node), node->in.height);
}

static size_t round_up(size_t bytes)
{
    return (bytes + 127) / 64 * 64;
}

void flynn_morph_down_state(struct flynn_stage *stage)
{
    size_t row = round_up(flynn_row_bytes(&stage->in));
    stage->d[0] = (double)row;
    if (stage->k[1] > FLYNN_MORPH_FEW)
        stage->state_bytes = FLYNN_MORPH_HEAD + ((size_t)stage->k[1] + 1) * row;
}

void flynn_morph_across_state(struct flynn_stage *stage)
{
    size_t samples = flynn_row_samples(&stage->in) + (size_t)stage->k[1] * (size_t)stage->in.channels;
    size_t row = round_up(samples * 4 + FLYNN_ROW_PAD);
    stage->d[0] = (double)row;
    stage->state_bytes = 2 * row;
}

static const struct flynn_op *kernels(void)
{
    return flynn_op_at(flynn_op_find("erode"));
}

/* What every stage has. */
static struct flynn_stage *start(struct flynn_node *node, int kernel, int largest)
{
    struct flynn_stage *stage = flynn_node_stage(node, FLYNN_ROWS, kernel);
    stage->op = kernels();
    flynn_stage_border(stage, node);
    stage->step = FLYNN_MORPH_STEP;
    stage->k[0] = largest;
    return stage;
}

void flynn_morph_stages(struct flynn_node *node, int largest)
{
    int width = flynn_morph_width(node), height = flynn_morph_height(node);
    enum flynn_type type = node->in.type;

    struct flynn_stage *down = start(node, FLYNN_MORPH_DOWN, largest);
    down->up = height / 2;
    down->down = height - 1 - height / 2;
    down->k[1] = height;
    down->out.type = type == FLYNN_F32 ? FLYNN_S32 : type;
    flynn_morph_down_state(down);

    struct flynn_stage *across = start(node, FLYNN_MORPH_ACROSS, largest);
    across->variant = across->out.type = type;
    across->left = width / 2;
    across->right = width - 1 - width / 2;
    across->padded = true;
    if (type == FLYNN_F32)
        across->border_value = flynn_order_key_of((float)across->border_value);
    across->k[1] = width;
    flynn_morph_across_state(across);
}

/* ---- OpenCL ------------------------------------------------------------------------------------------------------ */

static int sign_of(enum flynn_morph_result result)
{
    if (result == FLYNN_MORPH_ALONE || result == FLYNN_MORPH_ASIDE)
        return 0;
    return result == FLYNN_MORPH_INPUT_LESS ? -1 : 1;
}

/* One pass, for windows of `side` out of ones of `from` (1: of the image with its border): see kernels/erode.cl.
 * `shape` is the image before it and becomes the one after it. */
static int add_pass(struct flynn_node *node, int largest, bool across, int from, int side, struct flynn_shape *shape,
                    bool aside, struct flynn_err *err)
{
    int whole = across ? flynn_morph_width(node) : flynn_morph_height(node);
    int reach = from == 1 ? whole / 2 : 0, more = (from == 1 ? whole - 1 : 0) - (side - from);
    struct flynn_stage *pass = flynn_node_alloc(node, sizeof *pass, err);
    if (!pass)
        return err->code;
    *pass = (struct flynn_stage){.kind = FLYNN_ROWS, .op = kernels(), .variant = node->in.type, .in = *shape};
    flynn_stage_border(pass, node);
    pass->out = *shape;
    pass->k[0] = largest;
    pass->k[1] = (side + from - 1) / from;
    pass->k[2] = from;
    pass->k[3] = side - from;
    *(across ? &pass->left : &pass->up) = reach;
    *(across ? &pass->out.width : &pass->out.height) += more;
    *shape = pass->out;
    pass->k[4] = aside && (across || from > 1);
    flynn_node_launch(node, across ? "across" : "down", pass)->aside = aside;
    return FLYNN_OK;
}

static int add_passes(struct flynn_node *node, int largest, enum flynn_morph_result result, struct flynn_err *err)
{
    struct flynn_shape shape = node->in;
    int code = FLYNN_OK;
    for (int across = 0; across < 2; across++) {
        int whole = across ? flynn_morph_width(node) : flynn_morph_height(node), from = 1;
        /* A difference has one launch more: long steps save another, so that FLYNN_MAX_LAUNCHES suffices. */
        bool longer = across && sign_of(result) && whole > FLYNN_MORPH_RADIX * FLYNN_MORPH_RADIX;
        int radix = longer ? FLYNN_MORPH_LONG_RADIX : FLYNN_MORPH_RADIX;
        do {
            int side = whole <= from * radix ? whole : from * radix;
            code = add_pass(node, largest, across, from, side, &shape, result == FLYNN_MORPH_ASIDE, err);
            from = side;
        } while (!code && from < whole);
    }
    return code;
}

/* All in one, on CPUs: kernels/rect.clh. */
static int add_rect(struct flynn_node *node, const char *kernel, int largest, enum flynn_morph_result result,
                    struct flynn_err *err)
{
    struct flynn_stage *rect = flynn_node_alloc(node, sizeof *rect, err);
    if (!rect)
        return err->code;
    *rect = (struct flynn_stage){
        .kind = FLYNN_ROWS, .op = kernels(), .variant = node->in.type, .in = node->in, .out = node->in};
    flynn_stage_border(rect, node);
    rect->k[0] = largest;
    rect->k[1] = flynn_morph_width(node);
    rect->k[2] = flynn_morph_height(node);
    rect->k[3] = sign_of(result);
    rect->left = rect->k[1] / 2;
    rect->up = rect->k[2] / 2;
    struct flynn_launch *launch = flynn_node_launch(node, kernel, rect);
    launch->on = FLYNN_ON_CPU;
    launch->aside = result == FLYNN_MORPH_ASIDE;
    launch->beside = result == FLYNN_MORPH_LESS_INPUT || result == FLYNN_MORPH_INPUT_LESS;
    /* The rows above an item's are looked at once more. */
    launch->item_y_cpu = rect->k[2] > FLYNN_MORPH_FEW ? 4 * rect->k[2] : 0;
    return FLYNN_OK;
}

static int add_less(struct flynn_node *node, enum flynn_morph_result result, struct flynn_err *err)
{
    struct flynn_stage *stage = flynn_node_alloc(node, sizeof *stage, err);
    if (!stage)
        return err->code;
    *stage = (struct flynn_stage){
        .kind = FLYNN_ROWS, .op = kernels(), .variant = node->in.type, .in = node->in, .out = node->in};
    stage->k[3] = sign_of(result);
    flynn_node_launch(node, "less", stage)->beside = result != FLYNN_MORPH_LESS_ASIDE;
    return FLYNN_OK;
}

static bool is_small(const struct flynn_node *node)
{
    return flynn_morph_height(node) <= FLYNN_MORPH_RECT_ROWS &&
           flynn_morph_width(node) * node->in.channels <= FLYNN_MORPH_RECT_REACH;
}

/* Pass by pass, for devices that have nothing better. */
static int add_steps(struct flynn_node *node, int largest, enum flynn_morph_result result, struct flynn_err *err)
{
    int before = node->launches, code = add_passes(node, largest, result, err);
    if (!code && sign_of(result))
        code = add_less(node, result, err);
    for (int i = before; i < node->launches; i++)
        node->launch[i].on = is_small(node) ? FLYNN_ON_OTHERS : FLYNN_ON_ANY;
    return code;
}

int flynn_morph_launch(struct flynn_node *node, int largest, enum flynn_morph_result result, struct flynn_err *err)
{
    int code = is_small(node) ? add_rect(node, "rect", largest, result, err) : FLYNN_OK;
    return code ? code : add_steps(node, largest, result, err);
}

int flynn_morph_launch_gradient(struct flynn_node *node, struct flynn_err *err)
{
    int code = is_small(node) ? add_rect(node, "rect_gradient", 1, FLYNN_MORPH_ALONE, err) : FLYNN_OK;
    if (!code)
        code = add_steps(node, 0, FLYNN_MORPH_ASIDE, err);
    return code ? code : add_steps(node, 1, FLYNN_MORPH_LESS_ASIDE, err);
}

static int erode_rectangle(struct flynn_node *node, int largest, struct flynn_err *err)
{
    flynn_morph_stages(node, largest);
    return flynn_morph_launch(node, largest, FLYNN_MORPH_ALONE, err);
}

/* ---- other shapes ------------------------------------------------------------------------------------------------ */

/* Add a row of the window: columns first to last of a window of `width`. */
static void add_run(struct flynn_stage *stage, int32_t *element, int first, int last, int row)
{
    for (int x = first; x <= last; x++) {
        element[2 * stage->k[1]] = x - stage->left;
        element[2 * stage->k[1]++ + 1] = row - stage->up;
    }
}

static void add_shape(struct flynn_stage *stage, int32_t *element, bool ellipse, int width, int height)
{
    double r = stage->up, c = stage->left;
    for (int y = 0; y < height; y++) {
        int first = 0, last = width - 1;
        if (ellipse) {
            double dy = y - r;
            int reach = fabs(dy) > r ? -1 : (int)rint(c * sqrt((r * r - dy * dy) * (r > 0 ? 1 / (r * r) : 0)));
            first = stage->left - reach > 0 ? stage->left - reach : 0;
            last = stage->left + reach < last ? stage->left + reach : last;
        } else if (y != stage->up) {
            first = last = stage->left;
        }
        add_run(stage, element, first, last, y);
    }
}

static bool is_zero(const uint8_t *p, enum flynn_type type)
{
    size_t bytes = flynn_type_bytes(type);
    unsigned any = type == FLYNN_F32 || type == FLYNN_F64 ? p[bytes - 1] & 0x7fu : p[bytes - 1];
    for (size_t i = 0; i + 1 < bytes; i++)
        any |= p[i];
    return any == 0;
}

static void add_mask(struct flynn_stage *stage, int32_t *element, const struct flynn_image *mask)
{
    size_t pixel = flynn_type_bytes(mask->shape.type);
    for (int y = 0; y < mask->shape.height; y++) {
        for (int x = 0; x < mask->shape.width; x++) {
            if (!is_zero((const uint8_t *)flynn_row(mask, y) + (size_t)x * pixel, mask->shape.type))
                add_run(stage, element, x, x, y);
        }
    }
}

static int check_mask(const struct flynn_node *node, int width, int height, const struct flynn_image *mask,
                      struct flynn_err *err)
{
    if (mask && mask->shape.channels != 1)
        return flynn_fail(err, FLYNN_EINPUT, "%s: the mask has %d channels; it must have 1", node->op->name,
                          mask->shape.channels);
    if (width > FLYNN_MORPH_MASK_SIDE || height > FLYNN_MORPH_MASK_SIDE)
        return flynn_fail(err, FLYNN_EUSAGE, "%s: a %s of %dx%d; sides up to %d are possible", node->op->name,
                          mask ? "mask" : "cross or ellipse", width, height, FLYNN_MORPH_MASK_SIDE);
    return FLYNN_OK;
}

int flynn_morph_erode_shape(struct flynn_node *node, int largest, struct flynn_err *err)
{
    const struct flynn_image *mask = flynn_node_value(node, "mask")->input;
    int shape = flynn_node_value(node, "shape")->integer;
    if (!mask && shape == 0)
        return erode_rectangle(node, largest, err);

    int width = mask ? mask->shape.width : width_asked(node);
    int height = mask ? mask->shape.height : height_asked(node);
    int code = check_mask(node, width, height, mask, err);
    if (code)
        return code;
    int32_t *element = flynn_node_alloc(node, (size_t)width * (size_t)height * 2 * sizeof *element, err);
    if (!element)
        return err->code;
    struct flynn_stage *stage = start(node, FLYNN_MORPH_MASK, largest);
    stage->left = width / 2;
    stage->right = width - 1 - width / 2;
    stage->up = height / 2;
    stage->down = height - 1 - height / 2;
    stage->costly = true;
    if (mask)
        add_mask(stage, element, mask);
    else
        add_shape(stage, element, shape == 2, width, height);
    if (stage->k[1] == 0)
        return flynn_fail(err, FLYNN_EINPUT, "%s: every pixel of the mask is 0; at least one must not be",
                          node->op->name);
    stage->table[0] = (struct flynn_table_data){element, (size_t)stage->k[1] * 2 * sizeof *element};
    flynn_node_launch(node, "mask", stage);
    return FLYNN_OK;
}
