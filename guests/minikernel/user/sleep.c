/* Sleeps for a number of ticks, of which there are a hundred a second. */
#include "user.h"

int main(int count, char** arguments) { return sleep(count > 1 ? (uint32_t)number_of(arguments[1]) : TICKS_A_SECOND) != 0; }
