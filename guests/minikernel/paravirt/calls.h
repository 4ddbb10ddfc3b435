/* The paravirtual interface, for C and assembly: docs/paravirt.md says what each call does. */
#define PARAVIRT 0x0A00766D

#define CALL_SHARE 0
#define CALL_PAGE_TABLES 1
#define CALL_ACKNOWLEDGE 2
#define CALL_SET_TIMER 3
#define CALL_TRAP_TAKEN 4
#define CALL_RESUME 5

#define EVENT_TIMER 1
#define EVENT_CONSOLE 2
#define EVENT_DEVICE 4

/* The shared page's words as offsets from its end, which is also the end of the address space: x0 reaches them. */
#define PAGE_ENABLED -32
#define PAGE_PENDING -28
#define PAGE_TIME_LOW -24
#define PAGE_TIME_HIGH -20
#define PAGE_OUTPUT_WRITTEN -16
#define PAGE_OUTPUT_TAKEN -12
#define PAGE_INPUT_WRITTEN -8
#define PAGE_INPUT_TAKEN -4
#define OUTPUT_RING 0
#define OUTPUT_ROOM 1024
#define INPUT_RING 1024
#define INPUT_ROOM 256

/* Words of the page that are this kernel's own. */
#define PAGE_SAVED_SP -36
#define PAGE_KERNEL_STACK -40
#define PAGE_CAUSE -44
#define PAGE_VALUE -48
