// toml++, as every file here reads TOML: errors as values, and its assertions off: a text that breaks one is a wrong text, and what follows the assertion says
// so.
#pragma once

#define TOML_EXCEPTIONS 0
#define TOML_ASSERT(condition) static_cast<void>(0)
#include <toml++/toml.h>
