/* Stands in for V4L2 cameras: preloaded (LD_PRELOAD) into a process that reads /dev/video*.
 *
 * $VIDEO_STAND_IN names a folder. Its folder dev/ takes the place of /dev, so no rights are needed:
 *   dev/videoN       the camera is plugged in; removing the file unplugs it
 *   dev/v4l/by-id/   links as udev makes them
 *   videoN.conf      what the camera is, one line each:
 *     card NAME, driver NAME        as VIDIOC_QUERYCAP gives them
 *     kind capture|metadata|output
 *     mode FOURCC WIDTH HEIGHT FPS  one size with one rate; the first is the camera's own
 *     pictures FOURCC WIDTH HEIGHT FILE   a ring of pictures, each preceded by its length (uint32)
 *     first_ms N                    the first picture takes so long
 *     stop_after N                  no more pictures after so many
 *     cut_every N                   every Nth picture is cut short
 *     lists no                      sizes and rates cannot be listed
 *   videoN.busy      while it exists, another program streams
 *   videoN.log       what was asked of the camera
 * Like the kernel, it refuses a buffer that is queued already and settings while it streams.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { MODES = 64, BUFFERS = 16, FILES = 1024 };

struct mode { uint32_t format; unsigned width, height, fps; };
struct film { uint32_t format; unsigned width, height; char file[512]; };
struct camera {
    char name[32], card[32], driver[16];
    uint32_t capability;
    struct mode modes[MODES];
    struct film films[MODES];
    int mode_count, film_count, first_ms, stop_after, cut_every, lists;
    int mode, fps, streaming, buffer_count, queued[BUFFERS], order[BUFFERS], waiting;
    unsigned char *buffers[BUFFERS], *pictures;
    size_t buffer_size, pictures_size, position;
    unsigned sequence;
};
static struct camera *opened[FILES];

#define REAL(type, name, ...) \
    static type (*real)(__VA_ARGS__); \
    if (!real) real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

static const char *folder(void) { return getenv("VIDEO_STAND_IN"); }

static const char *in_folder(char *path, size_t size, const char *name, const char *suffix) {
    snprintf(path, size, "%s/%s%s", folder(), name, suffix);
    return path;
}

/* The path to use for `path`: within the folder where it is a camera's. */
static const char *moved(const char *path, char *space, size_t size) {
    if (!path || !folder()) return path;
    if (strcmp(path, "/dev") && strcmp(path, "/dev/") && strncmp(path, "/dev/video", 10) &&
        strncmp(path, "/dev/v4l", 8))
        return path;
    snprintf(space, size, "%s%s", folder(), path);
    return space;
}

/* "video0" where `path` is a camera that is plugged in, else NULL. */
static const char *camera_name(const char *path, char *space) {
    char real_path[4096], moved_path[4096];
    if (!folder() || !realpath(moved(path, moved_path, sizeof moved_path), real_path)) return NULL;
    char root[4096], all[4200];
    if (!realpath(folder(), root)) return NULL;
    snprintf(all, sizeof all, "%s/dev/video", root);
    if (strncmp(real_path, all, strlen(all))) return NULL;
    snprintf(space, 32, "%s", real_path + strlen(all) - 5);
    return space;
}

static int exists(const struct camera *camera, const char *before, const char *after) {
    char name[64], path[4096];
    snprintf(name, sizeof name, "%s%s", before, camera->name);
    REAL(int, "access", const char *, int);
    return real(in_folder(path, sizeof path, name, after), F_OK) == 0;
}

static void note(const struct camera *camera, const char *format, ...) {
    char path[4096];
    FILE *log = fopen(in_folder(path, sizeof path, camera->name, ".log"), "a");
    if (!log) return;
    va_list values;
    va_start(values, format);
    vfprintf(log, format, values);
    va_end(values);
    fputc('\n', log);
    fclose(log);
}

static uint32_t format_of(const char *text) {
    return v4l2_fourcc(text[0], text[1], text[2], text[3]);
}

static void configure(struct camera *camera, const char *line) {
    char word[32], text[512];
    unsigned width, height, fps;
    int number;
    if (sscanf(line, "card %31[^\n]", camera->card) == 1) return;
    if (sscanf(line, "driver %15s", camera->driver) == 1) return;
    if (sscanf(line, "kind %31s", word) == 1)
        camera->capability = !strcmp(word, "metadata") ? V4L2_CAP_META_CAPTURE
            : !strcmp(word, "output") ? V4L2_CAP_VIDEO_OUTPUT : V4L2_CAP_VIDEO_CAPTURE;
    else if (sscanf(line, "mode %4c %u %u %u", word, &width, &height, &fps) == 4 &&
             camera->mode_count < MODES)
        camera->modes[camera->mode_count++] = (struct mode){format_of(word), width, height, fps};
    else if (sscanf(line, "pictures %4c %u %u %511s", word, &width, &height, text) == 4 &&
             camera->film_count < MODES) {
        struct film *film = &camera->films[camera->film_count++];
        *film = (struct film){format_of(word), width, height, ""};
        snprintf(film->file, sizeof film->file, "%s", text);
    } else if (sscanf(line, "first_ms %d", &number) == 1) camera->first_ms = number;
    else if (sscanf(line, "stop_after %d", &number) == 1) camera->stop_after = number;
    else if (sscanf(line, "cut_every %d", &number) == 1) camera->cut_every = number;
    else if (!strncmp(line, "lists no", 8)) camera->lists = 0;
}

static int open_camera(const char *name) {
    char path[4096], line[1024];
    FILE *file = fopen(in_folder(path, sizeof path, name, ".conf"), "r");
    if (!file) { errno = ENODEV; return -1; }
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (fd < 0 || fd >= FILES) { fclose(file); errno = EMFILE; return -1; }
    struct camera *camera = calloc(1, sizeof *camera);
    snprintf(camera->name, sizeof camera->name, "%s", name);
    strcpy(camera->card, "Stand-in camera");
    strcpy(camera->driver, "uvcvideo");
    camera->capability = V4L2_CAP_VIDEO_CAPTURE;
    camera->lists = 1;
    while (fgets(line, sizeof line, file)) configure(camera, line);
    fclose(file);
    camera->fps = camera->mode_count ? camera->modes[0].fps : 30;
    opened[fd] = camera;
    note(camera, "open");
    return fd;
}

static void drop_buffers(struct camera *camera) {
    for (int i = 0; i < camera->buffer_count; i++) free(camera->buffers[i]);
    camera->buffer_count = camera->waiting = 0;
    memset(camera->queued, 0, sizeof camera->queued);
}

static void describe(struct camera *camera, int mode, struct v4l2_pix_format *pix) {
    struct mode *m = &camera->modes[mode];
    int compressed = m->format == format_of("MJPG"), planar = m->format == format_of("NV12");
    unsigned line = m->width * (m->format == format_of("GREY") || planar ? 1 : 2);
    pix->width = m->width;
    pix->height = m->height;
    pix->pixelformat = m->format;
    pix->field = V4L2_FIELD_NONE;
    pix->colorspace = V4L2_COLORSPACE_SRGB;
    pix->bytesperline = compressed ? 0 : line;
    pix->sizeimage = compressed ? m->width * m->height * 2
                                : line * m->height * (planar ? 3 : 2) / 2;
}

static int nearest(struct camera *camera, const struct v4l2_pix_format *pix) {
    int best = 0;
    long least = -1;
    for (int i = 0; i < camera->mode_count; i++) {
        struct mode *m = &camera->modes[i];
        if (m->format != pix->pixelformat) continue;
        long away = labs((long)m->width - pix->width) + labs((long)m->height - pix->height);
        if (least < 0 || away < least) { least = away; best = i; }
    }
    return best;
}

static int set_format(struct camera *camera, struct v4l2_format *format, int keep) {
    if (format->type != V4L2_BUF_TYPE_VIDEO_CAPTURE || !camera->mode_count) {
        errno = EINVAL;
        return -1;
    }
    if (keep && (exists(camera, "", ".busy") || camera->buffer_count)) { errno = EBUSY; return -1; }
    int mode = nearest(camera, &format->fmt.pix);
    if (keep) {
        camera->mode = mode;
        camera->fps = camera->modes[mode].fps;
        struct mode *m = &camera->modes[mode];
        note(camera, "format %.4s %ux%u", (char *)&m->format, m->width, m->height);
    }
    describe(camera, mode, &format->fmt.pix);
    return 0;
}

static int rate(struct camera *camera, struct v4l2_streamparm *parm, int keep) {
    struct v4l2_fract *each = &parm->parm.capture.timeperframe;
    if (keep && (exists(camera, "", ".busy") || camera->streaming)) { errno = EBUSY; return -1; }
    if (keep && each->numerator) {
        int asked = each->denominator / each->numerator, most = camera->modes[camera->mode].fps;
        camera->fps = asked > 0 && asked < most ? asked : most;
    }
    memset(&parm->parm, 0, sizeof parm->parm);
    parm->parm.capture.capability = V4L2_CAP_TIMEPERFRAME;
    *each = (struct v4l2_fract){1, camera->fps};
    return 0;
}

static int list_format(struct camera *camera, struct v4l2_fmtdesc *item) {
    unsigned index = 0;
    for (int i = 0; i < camera->mode_count; i++) {
        int seen = 0;
        for (int k = 0; k < i; k++) seen |= camera->modes[k].format == camera->modes[i].format;
        if (seen || index++ != item->index) continue;
        item->pixelformat = camera->modes[i].format;
        return 0;
    }
    errno = EINVAL;
    return -1;
}

static int list_size(struct camera *camera, struct v4l2_frmsizeenum *item) {
    unsigned index = 0;
    for (int i = 0; i < camera->mode_count; i++) {
        struct mode *m = &camera->modes[i];
        int seen = m->format != item->pixel_format;
        for (int k = 0; k < i; k++)
            seen |= camera->modes[k].format == m->format && camera->modes[k].width == m->width &&
                    camera->modes[k].height == m->height;
        if (seen || index++ != item->index) continue;
        item->type = V4L2_FRMSIZE_TYPE_DISCRETE;
        item->discrete.width = m->width;
        item->discrete.height = m->height;
        return 0;
    }
    errno = EINVAL;
    return -1;
}

static int list_rate(struct camera *camera, struct v4l2_frmivalenum *item) {
    unsigned index = 0;
    for (int i = 0; i < camera->mode_count; i++) {
        struct mode *m = &camera->modes[i];
        if (m->format != item->pixel_format || m->width != item->width ||
            m->height != item->height || index++ != item->index)
            continue;
        item->type = V4L2_FRMIVAL_TYPE_DISCRETE;
        item->discrete = (struct v4l2_fract){1, m->fps};
        return 0;
    }
    errno = EINVAL;
    return -1;
}

static int request_buffers(struct camera *camera, struct v4l2_requestbuffers *request) {
    if (exists(camera, "", ".busy")) { errno = EBUSY; return -1; }
    struct v4l2_pix_format pix;
    describe(camera, camera->mode, &pix);
    drop_buffers(camera);
    camera->buffer_size = pix.sizeimage;
    camera->buffer_count = request->count > BUFFERS ? BUFFERS : request->count;
    for (int i = 0; i < camera->buffer_count; i++)
        camera->buffers[i] = calloc(1, pix.sizeimage + 64);
    request->count = camera->buffer_count;
    return 0;
}

static int queue(struct camera *camera, struct v4l2_buffer *buffer) {
    if ((int)buffer->index >= camera->buffer_count || camera->queued[buffer->index]) {
        errno = EINVAL;
        return -1;
    }
    camera->queued[buffer->index] = 1;
    camera->order[camera->waiting++] = buffer->index;
    return 0;
}

static unsigned next_picture(struct camera *camera, unsigned char *into) {
    uint32_t length;
    if (camera->position + 4 > camera->pictures_size) camera->position = 0;
    if (!camera->pictures_size) return 0;
    memcpy(&length, camera->pictures + camera->position, 4);
    unsigned used = length > camera->buffer_size ? camera->buffer_size : length;
    memcpy(into, camera->pictures + camera->position + 4, used);
    camera->position += 4 + length;
    return camera->cut_every && camera->sequence % camera->cut_every == 0 ? used / 3 : used;
}

static int dequeue(struct camera *camera, int fd, struct v4l2_buffer *buffer) {
    uint64_t ticks;
    if (!camera->streaming) { errno = EINVAL; return -1; }
    if (camera->stop_after && camera->sequence >= (unsigned)camera->stop_after) {
        struct itimerspec never = {0};
        timerfd_settime(fd, 0, &never, NULL);
    }
    if (!camera->waiting || read(fd, &ticks, sizeof ticks) != sizeof ticks) {
        errno = EAGAIN;
        return -1;
    }
    int index = camera->order[0];
    memmove(camera->order, camera->order + 1, sizeof camera->order[0] * --camera->waiting);
    camera->queued[index] = 0;
    camera->sequence++;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    buffer->index = index;
    buffer->length = camera->buffer_size;
    buffer->bytesused = next_picture(camera, camera->buffers[index]);
    buffer->flags = V4L2_BUF_FLAG_MAPPED | V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
    buffer->field = V4L2_FIELD_NONE;
    buffer->sequence = camera->sequence;
    buffer->timestamp = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
    return 0;
}

static void load_pictures(struct camera *camera) {
    struct mode *m = &camera->modes[camera->mode];
    free(camera->pictures);
    camera->pictures = NULL;
    camera->pictures_size = camera->position = 0;
    for (int i = 0; i < camera->film_count; i++) {
        struct film *film = &camera->films[i];
        if (film->format != m->format || film->width != m->width || film->height != m->height)
            continue;
        FILE *file = fopen(film->file, "rb");
        if (!file) break;
        fseek(file, 0, SEEK_END);
        camera->pictures_size = ftell(file);
        rewind(file);
        camera->pictures = malloc(camera->pictures_size);
        camera->pictures_size = fread(camera->pictures, 1, camera->pictures_size, file);
        fclose(file);
    }
}

static int stream(struct camera *camera, int fd, int on) {
    if (on && exists(camera, "", ".busy")) { errno = EBUSY; return -1; }
    long each = 1000000000L / camera->fps, first = camera->first_ms * 1000000L;
    struct itimerspec timer = {0};
    if (on) {
        timer.it_interval = (struct timespec){each / 1000000000L, each % 1000000000L};
        timer.it_value = first ? (struct timespec){first / 1000000000L, first % 1000000000L}
                               : timer.it_interval;
        struct mode *m = &camera->modes[camera->mode];
        note(camera, "stream %.4s %ux%u %d", (char *)&m->format, m->width, m->height, camera->fps);
        load_pictures(camera);
    }
    camera->streaming = on;
    camera->sequence = 0;
    if (!on) { camera->waiting = 0; memset(camera->queued, 0, sizeof camera->queued); }
    return timerfd_settime(fd, 0, &timer, NULL);
}

static int answer(struct camera *camera, int fd, unsigned request, void *data) {
    if (!exists(camera, "dev/", "")) { errno = ENODEV; return -1; }
    switch (request) {
    case VIDIOC_QUERYCAP: {
        struct v4l2_capability *about = data;
        memset(about, 0, sizeof *about);
        snprintf((char *)about->driver, sizeof about->driver, "%s", camera->driver);
        snprintf((char *)about->card, sizeof about->card, "%s", camera->card);
        snprintf((char *)about->bus_info, sizeof about->bus_info, "usb-%.24s", camera->name);
        about->device_caps = camera->capability | V4L2_CAP_STREAMING;
        /* of the whole device, which has a node that captures */
        about->capabilities = about->device_caps | V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_DEVICE_CAPS;
        return 0;
    }
    case VIDIOC_ENUMINPUT: {
        struct v4l2_input *input = data;
        if (input->index) { errno = EINVAL; return -1; }
        strcpy((char *)input->name, "Camera 1");
        input->type = V4L2_INPUT_TYPE_CAMERA;
        return 0;
    }
    case VIDIOC_G_INPUT: *(int *)data = 0; return 0;
    case VIDIOC_S_INPUT: return 0;
    }
    if (camera->capability != V4L2_CAP_VIDEO_CAPTURE) { errno = EINVAL; return -1; }
    switch (request) {
    case VIDIOC_ENUM_FMT: return list_format(camera, data);
    case VIDIOC_ENUM_FRAMESIZES: if (camera->lists) return list_size(camera, data); break;
    case VIDIOC_ENUM_FRAMEINTERVALS: if (camera->lists) return list_rate(camera, data); break;
    case VIDIOC_G_FMT: {
        struct v4l2_format *format = data;
        if (format->type != V4L2_BUF_TYPE_VIDEO_CAPTURE) { errno = EINVAL; return -1; }
        describe(camera, camera->mode, &format->fmt.pix);
        return 0;
    }
    case VIDIOC_TRY_FMT: return set_format(camera, data, 0);
    case VIDIOC_S_FMT: return set_format(camera, data, 1);
    case VIDIOC_G_PARM: return rate(camera, data, 0);
    case VIDIOC_S_PARM: return rate(camera, data, 1);
    case VIDIOC_REQBUFS: return request_buffers(camera, data);
    case VIDIOC_QUERYBUF: {
        struct v4l2_buffer *buffer = data;
        if ((int)buffer->index >= camera->buffer_count) { errno = EINVAL; return -1; }
        buffer->length = camera->buffer_size;
        buffer->m.offset = buffer->index * 4096;
        return 0;
    }
    case VIDIOC_QBUF: return queue(camera, data);
    case VIDIOC_DQBUF: return dequeue(camera, fd, data);
    case VIDIOC_STREAMON: return stream(camera, fd, 1);
    case VIDIOC_STREAMOFF: return stream(camera, fd, 0);
    }
    errno = ENOTTY;
    return -1;
}

/* the C library's functions */

static struct camera *camera_at(int fd) { return fd >= 0 && fd < FILES ? opened[fd] : NULL; }

static int opens(const char *symbol, const char *path, int flags, mode_t mode) {
    int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, symbol);
    char name[32], space[4096];
    if (path && !strncmp(path, "/dev/v", 6) && camera_name(path, name)) return open_camera(name);
    return real(moved(path, space, sizeof space), flags, mode);
}

#define OPEN(symbol) \
    int symbol(const char *path, int flags, ...) { \
        va_list values; \
        va_start(values, flags); \
        mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(values, mode_t) : 0; \
        va_end(values); \
        return opens(#symbol, path, flags, mode); \
    }
OPEN(open)
OPEN(open64)

int access(const char *path, int mode) {
    REAL(int, "access", const char *, int);
    char space[4096];
    return real(moved(path, space, sizeof space), mode);
}
int faccessat(int at, const char *path, int mode, int flags) {
    REAL(int, "faccessat", int, const char *, int, int);
    char space[4096];
    return real(at, moved(path, space, sizeof space), mode, flags);
}
ssize_t readlink(const char *path, char *into, size_t size) {
    REAL(ssize_t, "readlink", const char *, char *, size_t);
    char space[4096];
    return real(moved(path, space, sizeof space), into, size);
}
DIR *opendir(const char *path) {
    REAL(DIR *, "opendir", const char *);
    char space[4096];
    return real(moved(path, space, sizeof space));
}
#define STAT(symbol) \
    int symbol(const char *path, struct stat *into) { \
        REAL(int, #symbol, const char *, struct stat *); \
        char space[4096]; \
        return real(moved(path, space, sizeof space), into); \
    }
#define STAT64(symbol) \
    int symbol(const char *path, struct stat64 *into) { \
        REAL(int, #symbol, const char *, struct stat64 *); \
        char space[4096]; \
        return real(moved(path, space, sizeof space), into); \
    }
STAT(stat)
STAT(lstat)
STAT64(stat64)
STAT64(lstat64)
int fstatat(int at, const char *path, struct stat *into, int flags) {
    REAL(int, "fstatat", int, const char *, struct stat *, int);
    char space[4096];
    return real(at, moved(path, space, sizeof space), into, flags);
}
int fstatat64(int at, const char *path, struct stat64 *into, int flags) {
    REAL(int, "fstatat64", int, const char *, struct stat64 *, int);
    char space[4096];
    return real(at, moved(path, space, sizeof space), into, flags);
}

int close(int fd) {
    REAL(int, "close", int);
    struct camera *camera = camera_at(fd);
    if (camera) {
        note(camera, "close");
        opened[fd] = NULL;
        drop_buffers(camera);
        free(camera->pictures);
        free(camera);
    }
    return real(fd);
}

int ioctl(int fd, unsigned long request, ...) {
    REAL(int, "ioctl", int, unsigned long, ...);
    va_list values;
    va_start(values, request);
    void *data = va_arg(values, void *);
    va_end(values);
    struct camera *camera = camera_at(fd);
    return camera ? answer(camera, fd, (unsigned)request, data) : real(fd, request, data);
}

#define MMAP(symbol) \
    void *symbol(void *at, size_t size, int protection, int flags, int fd, off_t offset) { \
        REAL(void *, #symbol, void *, size_t, int, int, int, off_t); \
        struct camera *camera = camera_at(fd); \
        return camera ? camera->buffers[offset / 4096] \
                      : real(at, size, protection, flags, fd, offset); \
    }
MMAP(mmap)
MMAP(mmap64)

int munmap(void *at, size_t size) {
    REAL(int, "munmap", void *, size_t);
    for (int fd = 0; fd < FILES; fd++)
        for (int i = 0; opened[fd] && i < opened[fd]->buffer_count; i++)
            if (opened[fd]->buffers[i] == at) return 0;
    return real(at, size);
}
