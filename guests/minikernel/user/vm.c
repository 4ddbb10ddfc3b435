/* The control domain's tool: lists the machines on this host, makes more, pauses, resumes and destroys them. Only one machine may; on any other
   every call is refused. */
#include "user.h"

static struct machine list[MACHINES_AT_ONCE];

static int complain(const char* what, int error) {
  print(2, "vm: %s: %s\n", what, error_text(error));
  return 1;
}

static int list_all(void) {
  static const char* const states[] = {"ready", "waiting", "paused", "not started", "ended"};
  int n;
  print(1, "number state memory weight steps/1000 name\n");
  for (uint32_t from = 0; (n = machines(MACHINES_LIST, from, list)) > 0; from = list[n - 1].number + 1)
    for (int i = 0; i < n; ++i) {
      const struct machine* m = &list[i];
      print(1, "%u %s %uK %u %u %s%s\n", m->number, states[m->state], m->memory, m->weight, (uint32_t)(m->steps / 1000), m->name, m->is_this ? " (this one)" : "");
    }
  return n < 0 ? complain("list", n) : 0;
}

static int list_templates(void) {
  char name[MACHINE_NAME];
  int error;
  uint32_t count = 0;
  while ((error = machines(MACHINES_TEMPLATE, count, name)) == 0) print(1, "%u %s\n", count++, name);
  return error == NO_MACHINE ? 0 : complain("templates", error);
}

/* The number of a machine by its name, or an error. */
static int machine_called(const char* name) {
  int n;
  for (uint32_t from = 0; (n = machines(MACHINES_LIST, from, list)) > 0; from = list[n - 1].number + 1)
    for (int i = 0; i < n; ++i)
      if (text_equal(list[i].name, name)) return (int)list[i].number;
  return n < 0 ? n : NO_MACHINE;
}

static int template_called(const char* wanted) {
  char name[MACHINE_NAME];
  int error;
  for (uint32_t i = 0; (error = machines(MACHINES_TEMPLATE, i, name)) == 0; ++i)
    if (text_equal(name, wanted)) return (int)i;
  return error;
}

static int act(uint32_t what, const char* name) {
  const int number = machine_called(name);
  const int error = number < 0 ? number : machines(what, (uint32_t)number, 0);
  return error < 0 ? complain(name, error) : 0;
}

static int create(const char* template, char* name) {
  const int which = template_called(template);
  if (which < 0) return complain(template, which);
  const int number = machines(MACHINES_CREATE, (uint32_t)which, name);
  if (number < 0) return complain(name, number);
  print(1, "machine %d\n", number);
  return 0;
}

int main(int count, char** arguments) {
  const char* what = count > 1 ? arguments[1] : "";
  if (count == 2 && text_equal(what, "list")) return list_all();
  if (count == 2 && text_equal(what, "templates")) return list_templates();
  if (count == 4 && text_equal(what, "create")) return create(arguments[2], arguments[3]);
  if (count == 3 && text_equal(what, "pause")) return act(MACHINES_PAUSE, arguments[2]);
  if (count == 3 && text_equal(what, "resume")) return act(MACHINES_RESUME, arguments[2]);
  if (count == 3 && text_equal(what, "destroy")) return act(MACHINES_DESTROY, arguments[2]);
  print(2, "usage: vm list | templates | create TEMPLATE NAME | pause NAME | resume NAME | destroy NAME\n");
  return 1;
}
