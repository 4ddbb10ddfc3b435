/* Where the kernel begins: each part is started in the order in which it needs the others. */
#include "kernel.h"

void kernel_main(const void* device_tree) {
  const uint32_t bytes = memory_bytes(device_tree);
  memory_start(bytes);
  platform_start();
  paging_start();
  print("minikernel: %u KiB of memory\n", bytes / 1024);
  console_start();
  traps_start();
  processes_start();
}
