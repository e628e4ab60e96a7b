/* What modinfo(8) shows of a snd-timer that was rebuilt with this. */
#include <linux/module.h>

MODULE_INFO(rebuilt_by, "alsa-utimer");
/* DKMS keeps the kernel's own module where both are of one version. That one has none. */
MODULE_VERSION("1");
