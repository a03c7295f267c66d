#include <flynn/file.h>
int flynn_read(struct flynn_image *image, const char *path, struct flynn_err *err)
{
    (void)image;
    return flynn_fail(err, FLYNN_EIO, "%s", path);
}
