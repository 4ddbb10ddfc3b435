/* Turns the machine off, with an exit code. */
#include "user.h"

int main(int count, char** arguments) { shutdown(count > 1 ? number_of(arguments[1]) : 0); }
