/* What a C guest finds on the toy32 machine. */
#ifndef TOY32_H
#define TOY32_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

void power_off(int code) __attribute__((noreturn));
void put_char(char c);
void put_string(const char* text);
void put_number(uint32_t value);
void put_hex(uint32_t value);

#define csr_read(name) ({ uint32_t v_; __asm__ volatile("csrr %0, " #name : "=r"(v_)); v_; })
#define csr_write(name, value) __asm__ volatile("csrw " #name ", %0" ::"r"(value) : "memory")

/* How much work a guest does; a benchmark builds it with more. */
#ifndef SCALE
#define SCALE 1
#endif

#ifdef __cplusplus
}
#endif
#endif
