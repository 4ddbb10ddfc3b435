/* The shell. A line is commands with | between them, and < > >> for files; a command line may end with & and lines may be joined with ';'.
   cd and exit are the shell's own. With an argument it runs a file of such lines. */
#include "user.h"

#define WORDS 64

static char words_text[512];
static char* words[WORDS + 1]; /* this line's, operators included */

static int is_operator(char c) { return c == '|' || c == '<' || c == '>' || c == '&' || c == ';'; }

/* Cuts a line into words; 0 where there are too many. */
static int split(const char* line) {
  int count = 0;
  char* to = words_text;
  while (*line != 0 && *line != '#') {
    if (*line == ' ' || *line == '\t') {
      ++line;
      continue;
    }
    if (count == WORDS) return 0;
    words[count++] = to;
    if (is_operator(*line)) {
      *to++ = *line++;
      if (to[-1] == '>' && *line == '>') *to++ = *line++;
    } else {
      while (*line != 0 && *line != ' ' && *line != '\t' && !is_operator(*line)) *to++ = *line++;
    }
    *to++ = 0;
  }
  words[count] = 0;
  return 1;
}

static void redirect(const char* path, uint32_t flags, int to) {
  const int file = open(path, flags);
  if (file < 0) {
    print(2, "sh: %s: %s\n", path, error_text(file));
    exit(1);
  }
  dup(file, to);
  close(file);
}

/* Becomes the command in words[from..to), whose < and > it follows. */
static void run_command(int from, int to) {
  char* arguments[ARGUMENTS + 1];
  int count = 0;
  for (int i = from; i < to; ++i) {
    const char* word = words[i];
    const int is_file = *word == '<' || *word == '>';
    if (is_file && i + 1 == to) {
      print(2, "sh: a file should follow %s\n", word);
      exit(1);
    }
    if (text_equal(word, "<")) redirect(words[++i], OPEN_READ, 0);
    else if (text_equal(word, ">")) redirect(words[++i], OPEN_WRITE | OPEN_CREATE | OPEN_TRUNCATE, 1);
    else if (text_equal(word, ">>")) redirect(words[++i], OPEN_WRITE | OPEN_CREATE | OPEN_APPEND, 1);
    else if (count < ARGUMENTS) arguments[count++] = words[i];
  }
  if (count == 0) exit(0);
  arguments[count] = 0;
  int error = exec(arguments[0], arguments);
  if (error == NO_SUCH_FILE && arguments[0][0] != '/') {
    char path[PATH_LENGTH] = "/";
    const uint32_t length = length_of(arguments[0]);
    if (length + 2 <= sizeof path) {
      memcpy(path + 1, arguments[0], length + 1);
      error = exec(path, arguments);
    }
  }
  print(2, "sh: %s: %s\n", arguments[0], error_text(error));
  exit(127);
}

/* Runs words[from..to), commands joined by |; gives how many processes that made. */
static int run_pipeline(int from, int to) {
  int started = 0, input = -1;
  while (from < to) {
    int end = from, ends[2] = {-1, -1};
    while (end < to && !text_equal(words[end], "|")) ++end;
    if (end < to && pipe(ends) != 0) {
      print(2, "sh: no pipe\n");
      return started;
    }
    const int pid = fork();
    if (pid == 0) {
      keyboard(1);
      if (input >= 0) dup(input, 0), close(input);
      if (ends[1] >= 0) dup(ends[1], 1), close(ends[1]), close(ends[0]);
      run_command(from, end);
    }
    if (pid < 0) print(2, "sh: %s\n", error_text(pid));
    else ++started;
    if (input >= 0) close(input);
    if (ends[1] >= 0) close(ends[1]);
    input = ends[0];
    from = end + 1;
  }
  if (input >= 0) close(input);
  return started;
}

static void run_line(void) {
  for (int from = 0; words[from] != 0;) {
    int to = from;
    while (words[to] != 0 && !text_equal(words[to], ";") && !text_equal(words[to], "&")) ++to;
    const int background = words[to] != 0 && text_equal(words[to], "&");
    if (to > from && text_equal(words[from], "cd")) {
      const int error = chdir(to > from + 1 ? words[from + 1] : "/");
      if (error != 0) print(2, "cd: %s\n", error_text(error));
    } else if (to > from && text_equal(words[from], "exit")) {
      exit(to > from + 1 ? number_of(words[from + 1]) : 0);
    } else if (to > from) {
      int left = run_pipeline(from, to);
      while (!background && left > 0) {
        int code;
        const int pid = wait(&code);
        if (pid < 0) break;
        --left;
      }
    }
    from = words[to] != 0 ? to + 1 : to;
  }
}

int main(int count, char** arguments) {
  keyboard(0);
  int input = 0;
  if (count > 1 && (input = open(arguments[1], OPEN_READ)) < 0) {
    print(2, "sh: %s: %s\n", arguments[1], error_text(input));
    return 1;
  }
  char line[256];
  for (;;) {
    if (count == 1) print(1, "$ ");
    if (read_line(input, line, sizeof line) < 0) return 0;
    if (split(line)) run_line();
    else print(2, "sh: too many words\n");
  }
}
