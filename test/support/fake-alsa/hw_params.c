// The space of configurations (sound/core/pcm_native.c: snd_pcm_hw_refine), with the limits of snd-aloop.
#include <errno.h>

#include "fake.h"

static const struct {
  unsigned format, bytes;
} formats[] = {{2, 2},  {3, 2},  {6, 4},  {7, 4},  {10, 4}, {11, 4}, {14, 4}, {15, 4},
               {32, 3}, {33, 3}, {48, 1}, {49, 2}, {50, 4}, {51, 2}, {52, 4}};
#define FORMATS (sizeof formats / sizeof formats[0])

unsigned format_bytes(unsigned format) {
  for (size_t i = 0; i < FORMATS; ++i) {
    if (formats[i].format == format) {
      return formats[i].bytes;
    }
  }
  return 0;
}

static struct snd_interval *interval(struct snd_pcm_hw_params *space, int parameter) {
  return &space->intervals[parameter - SNDRV_PCM_HW_PARAM_FIRST_INTERVAL];
}

static struct snd_mask *mask(struct snd_pcm_hw_params *space, int parameter) {
  return &space->masks[parameter - SNDRV_PCM_HW_PARAM_FIRST_MASK];
}

unsigned hw_value(const struct snd_pcm_hw_params *space, int parameter) {
  return space->intervals[parameter - SNDRV_PCM_HW_PARAM_FIRST_INTERVAL].min;
}

// Narrows to min..max; whether anything is left. Open ends are closed at once, since all here are integers.
static bool narrow(struct snd_interval *one, uint64_t min, uint64_t max, bool *changed) {
  if (one->openmin) {
    one->min += 1;
    one->openmin = 0;
  }
  if (one->openmax) {
    one->max -= 1;
    one->openmax = 0;
  }
  if (min > one->min) {
    one->min = min > UINT32_MAX ? UINT32_MAX : (unsigned)min;
    *changed = true;
  }
  if (max < one->max) {
    one->max = (unsigned)max;
    *changed = true;
  }
  one->integer = one->min == one->max;
  return min <= UINT32_MAX && one->min <= one->max;
}

// a * k = b * c, up to rounding
static bool relate(struct snd_pcm_hw_params *space, int a, uint64_t k, int b, int c, bool *changed) {
  struct snd_interval *x = interval(space, a);
  struct snd_interval *y = interval(space, b);
  struct snd_interval *z = interval(space, c);
  const uint64_t slack = k - 1;
  return narrow(x, (uint64_t)y->min * z->min / k, ((uint64_t)y->max * z->max + slack) / k, changed) &&
         (z->max == 0 || narrow(y, (uint64_t)x->min * k / z->max, UINT32_MAX, changed)) &&
         (z->min == 0 || narrow(y, 0, ((uint64_t)x->max * k + slack) / z->min, changed)) &&
         (y->max == 0 || narrow(z, (uint64_t)x->min * k / y->max, UINT32_MAX, changed)) &&
         (y->min == 0 || narrow(z, 0, ((uint64_t)x->max * k + slack) / y->min, changed));
}

static bool limit_masks(struct snd_pcm_hw_params *space, const struct limits *limits, bool *changed) {
  const unsigned all = 1U << SNDRV_PCM_ACCESS_MMAP_INTERLEAVED | 1U << SNDRV_PCM_ACCESS_MMAP_NONINTERLEAVED |
                       1U << SNDRV_PCM_ACCESS_RW_INTERLEAVED | 1U << SNDRV_PCM_ACCESS_RW_NONINTERLEAVED;
  struct snd_mask *const access = mask(space, SNDRV_PCM_HW_PARAM_ACCESS);
  struct snd_mask *const format = mask(space, SNDRV_PCM_HW_PARAM_FORMAT);
  struct snd_mask *const subformat = mask(space, SNDRV_PCM_HW_PARAM_SUBFORMAT);
  struct snd_interval *const bits = interval(space, SNDRV_PCM_HW_PARAM_SAMPLE_BITS);
  unsigned kept[2] = {0, 0};
  unsigned least = UINT32_MAX;
  unsigned most = 0;
  for (size_t i = 0; i < FORMATS; ++i) {
    const unsigned one = formats[i].format;
    const unsigned width = formats[i].bytes * 8;
    const bool free = limits->format_plus_one == 0 || limits->format_plus_one == one + 1;
    if (free && (format->bits[one / 32] >> one % 32 & 1) != 0 && width >= bits->min && width <= bits->max) {
      kept[one / 32] |= 1U << one % 32;
      least = width < least ? width : least;
      most = width > most ? width : most;
    }
  }
  access->bits[0] &= all;
  subformat->bits[0] &= 1;
  *changed |= format->bits[0] != kept[0] || format->bits[1] != kept[1];
  fill_bytes(format, 0, sizeof *format);
  format->bits[0] = kept[0];
  format->bits[1] = kept[1];
  return access->bits[0] != 0 && subformat->bits[0] != 0 && (kept[0] | kept[1]) != 0 &&
         narrow(bits, least, most, changed);
}

static bool limit(struct snd_pcm_hw_params *space, int parameter, unsigned min, unsigned max, unsigned fixed,
                  bool *changed) {
  return narrow(interval(space, parameter), fixed != 0 ? fixed : min, fixed != 0 ? fixed : max, changed);
}

int hw_refine(struct snd_pcm_hw_params *space, const struct limits *limits) {
  for (bool changed = true; changed;) {
    changed = false;
    if (!limit_masks(space, limits, &changed) ||
        !limit(space, SNDRV_PCM_HW_PARAM_CHANNELS, 1, 32, limits->channels, &changed) ||
        !limit(space, SNDRV_PCM_HW_PARAM_RATE, 8000, 768000, limits->rate, &changed) ||
        !limit(space, SNDRV_PCM_HW_PARAM_PERIOD_BYTES, 64, 1U << 20, 0, &changed) ||
        !limit(space, SNDRV_PCM_HW_PARAM_PERIOD_SIZE, 1, 1U << 20, limits->period_frames, &changed) ||
        !limit(space, SNDRV_PCM_HW_PARAM_PERIODS, 1, 1024, 0, &changed) ||
        !limit(space, SNDRV_PCM_HW_PARAM_BUFFER_BYTES, 64, 2U << 20, 0, &changed) ||
        !relate(space, SNDRV_PCM_HW_PARAM_FRAME_BITS, 1, SNDRV_PCM_HW_PARAM_SAMPLE_BITS,
                SNDRV_PCM_HW_PARAM_CHANNELS, &changed) ||
        !relate(space, SNDRV_PCM_HW_PARAM_PERIOD_BYTES, 8, SNDRV_PCM_HW_PARAM_PERIOD_SIZE,
                SNDRV_PCM_HW_PARAM_FRAME_BITS, &changed) ||
        !relate(space, SNDRV_PCM_HW_PARAM_BUFFER_BYTES, 8, SNDRV_PCM_HW_PARAM_BUFFER_SIZE,
                SNDRV_PCM_HW_PARAM_FRAME_BITS, &changed) ||
        !relate(space, SNDRV_PCM_HW_PARAM_BUFFER_SIZE, 1, SNDRV_PCM_HW_PARAM_PERIOD_SIZE,
                SNDRV_PCM_HW_PARAM_PERIODS, &changed)) {
      return -EINVAL;
    }
  }
  return 0;
}

static void choose_lowest(struct snd_mask *one) {
  bool found = false;
  for (unsigned bit = 0; bit < 64; ++bit) {
    if (found) {
      one->bits[bit / 32] &= ~(1U << bit % 32);
    }
    found = found || (one->bits[bit / 32] >> bit % 32 & 1) != 0;
  }
}

int hw_choose(struct snd_pcm_hw_params *space, const struct limits *limits) {
  static const struct {
    int parameter;
    bool most;
  } order[] = {{SNDRV_PCM_HW_PARAM_CHANNELS, false},
               {SNDRV_PCM_HW_PARAM_RATE, false},
               {SNDRV_PCM_HW_PARAM_PERIOD_SIZE, false},
               {SNDRV_PCM_HW_PARAM_BUFFER_SIZE, true}};
  int error = hw_refine(space, limits);
  choose_lowest(mask(space, SNDRV_PCM_HW_PARAM_ACCESS));
  choose_lowest(mask(space, SNDRV_PCM_HW_PARAM_FORMAT));
  for (size_t i = 0; i < sizeof order / sizeof order[0] && error == 0; ++i) {
    error = hw_refine(space, limits);
    struct snd_interval *const one = interval(space, order[i].parameter);
    if (order[i].most) {
      one->min = one->max;
    } else {
      one->max = one->min;
    }
  }
  return error != 0 ? error : hw_refine(space, limits);
}
