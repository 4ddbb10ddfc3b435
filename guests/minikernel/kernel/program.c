/* exec: a program from an ELF32 file into a new address space; the old one goes away only when nothing can fail any more. */
#include "kernel.h"

struct elf_header {
  uint8_t magic[16];
  uint16_t type, machine;
  uint32_t version, entry, program_offset, section_offset, flags;
  uint16_t header_size, program_size, program_count, section_size, section_count, section_names;
};
struct elf_program {
  uint32_t type, offset, address, physical, file_size, memory_size, flags, alignment;
};
enum { ELF_EXECUTABLE = 2, ELF_RISCV = 243, ELF_LOAD = 1, ELF_CAN_EXECUTE = 1, ELF_CAN_WRITE = 2 };

static int load_segment(pte_t* space, int inode, const struct elf_program* segment) {
  if (segment->address < USER_BASE || segment->memory_size > USER_TOP - USER_STACK_LIMIT - segment->address || segment->address % PAGE_SIZE != 0 ||
      segment->file_size > segment->memory_size)
    return NOT_A_PROGRAM;
  uint32_t permissions = PTE_READ;
  if (segment->flags & ELF_CAN_EXECUTE) permissions |= PTE_EXECUTE;
  if (segment->flags & ELF_CAN_WRITE) permissions |= PTE_WRITE;
  for (uint32_t done = 0; done < segment->memory_size; done += PAGE_SIZE) {
    uint8_t* page = page_new();
    if (page == 0) return NO_MEMORY;
    int error = space_map(space, segment->address + done, page, permissions);
    if (error != 0) {
      page_drop(page);
      return error;
    }
    if (done >= segment->file_size) continue;
    const uint32_t part = segment->file_size - done < PAGE_SIZE ? segment->file_size - done : PAGE_SIZE;
    if (fs_read((uint32_t)inode, segment->offset + done, page, part) != (int)part) return NOT_A_PROGRAM;
  }
  return 0;
}

/* Loads every segment; gives the entry and where the data ends. */
static int load(pte_t* space, int inode, uint32_t* entry, uint32_t* break_end) {
  struct elf_header header;
  if (fs_read((uint32_t)inode, 0, &header, sizeof header) != (int)sizeof header) return NOT_A_PROGRAM;
  if (header.magic[0] != 0x7F || header.magic[1] != 'E' || header.magic[2] != 'L' || header.magic[3] != 'F' || header.type != ELF_EXECUTABLE ||
      header.machine != ELF_RISCV)
    return NOT_A_PROGRAM;
  *entry = header.entry;
  *break_end = USER_BASE;
  for (uint32_t i = 0; i < header.program_count; ++i) {
    struct elf_program segment;
    if (fs_read((uint32_t)inode, header.program_offset + i * sizeof segment, &segment, sizeof segment) != (int)sizeof segment) return NOT_A_PROGRAM;
    if (segment.type != ELF_LOAD || segment.memory_size == 0) continue;
    const int error = load_segment(space, inode, &segment);
    if (error != 0) return error;
    const uint32_t end = (segment.address + segment.memory_size + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
    if (end > *break_end) *break_end = end;
  }
  return 0;
}

/* The new stack's top page: the arguments' text, their pointers. Gives argc; the stack pointer comes back in *stack. */
static int push_arguments(uint8_t* page, uint32_t arguments, uint32_t* stack) {
  uint32_t texts[ARGUMENTS + 1] = {0};
  uint32_t room = PAGE_SIZE;
  int count = 0;
  for (; arguments != 0; ++count) {
    uint32_t from;
    char text[PATH_LENGTH];
    if (copy_in(&from, arguments + 4 * (uint32_t)count, 4) != 0) return BAD_ADDRESS;
    if (from == 0) break;
    if (count == ARGUMENTS) return TOO_MANY;
    const int error = copy_in_text(text, from, sizeof text);
    if (error != 0) return error;
    uint32_t length = 1;
    while (text[length - 1] != 0) ++length;
    room -= length;
    memcpy(page + room, text, length);
    texts[count] = USER_TOP - PAGE_SIZE + room;
  }
  room = (room - sizeof texts) & ~15u;
  memcpy(page + room, texts, sizeof texts);
  *stack = USER_TOP - PAGE_SIZE + room;
  return count;
}

int exec_program(const char* path, uint32_t arguments) {
  const int inode = fs_find(path);
  if (inode < 0) return inode;
  struct status status;
  fs_status((uint32_t)inode, &status);
  if (status.type != TYPE_FILE) return NOT_A_PROGRAM;
  pte_t* space = space_new();
  if (space == 0) return NO_MEMORY;
  uint32_t entry, break_end, stack = 0;
  int result = load(space, inode, &entry, &break_end);
  uint8_t* top = result == 0 ? page_new() : 0;
  if (result == 0 && (top == 0 || space_map(space, USER_TOP - PAGE_SIZE, top, PTE_READ | PTE_WRITE) != 0)) result = NO_MEMORY;
  if (result == 0) result = push_arguments(top, arguments, &stack);
  if (result < 0) {
    space_free(space);
    return result;
  }
  pte_t* before = current->space;
  interrupts_off();
  current->space = space;
  forget_space(space_number(current));
  use_space(space, space_number(current));
  interrupts_on();
  space_free(before);

  current->break_end = break_end;
  current->ignores_keyboard = 0;
  const char* name = path;
  for (const char* p = path; *p != 0; ++p)
    if (*p == '/') name = p + 1;
  text_copy(current->name, name, sizeof current->name);
  struct frame* frame = current->frame;
  memset(frame, 0, sizeof *frame);
  frame->x[0] = entry;
  frame->x[2] = frame->x[11] = stack;
  frame->status = 0x20; /* to user mode, interrupts on */
  return result;        /* argc, which the system call leaves in a0 */
}
