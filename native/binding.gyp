# The addon of an installed package: rebuild.mjs builds it into native/build.
{
  "includes": ["addon.gypi"],
  "targets": [{"target_name": "alsa_utimer"}],
}
