// Opens an addon with every name resolved at once, and asks it for its version of Node-API: what a runtime
// does first. The names of the runtime are in a file of their own, which the test makes.
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>

int main(int argc, char **argv) {
  void *addon;
  int32_t (*version)(void);
  if (argc != 2) return 2;
  addon = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (addon == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    return 1;
  }
  *(void **)&version = dlsym(addon, "node_api_module_get_api_version_v1");
  printf("%d\n", version == NULL ? -1 : version());
  return 0;
}
