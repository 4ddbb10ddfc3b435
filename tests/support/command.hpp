// Running a program as a user would: arguments and standard input in; exit code and both outputs back. A program that does not end
// within five minutes is killed, and its code is then minus the signal's number.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace vmsim::test {

namespace fs = std::filesystem;

struct Ran {
  int code = 0;
  std::string out, err;
};

inline std::string read_text(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}
inline fs::path write_text(const fs::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

/// A directory of this test's own, empty when it begins and gone when it ends.
class Scratch {
 public:
  Scratch() {
    std::string name = fs::temp_directory_path() / "vmsim-test-XXXXXX";
    path_ = mkdtemp(name.data());
  }
  ~Scratch() { fs::remove_all(path_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  [[nodiscard]] fs::path operator/(const std::string& name) const { return path_ / name; }
  [[nodiscard]] const fs::path& path() const { return path_; }
  fs::path write(const std::string& name, std::string_view text) const { return write_text(path_ / name, text); }

 private:
  fs::path path_;
};

/// `words` is the program and its arguments; `folder` is where it runs (empty: here).
inline Ran run_command(const std::vector<std::string>& words, const std::string& input = {}, const fs::path& folder = {}) {
  const Scratch files;
  files.write("in", input);
  const pid_t child = fork();
  if (child == 0) {
    const auto redirect = [&](int to, const char* name, int how) { dup2(open((files / name).c_str(), how, 0600), to); };
    redirect(STDIN_FILENO, "in", O_RDONLY);
    redirect(STDOUT_FILENO, "out", O_WRONLY | O_CREAT);
    redirect(STDERR_FILENO, "err", O_WRONLY | O_CREAT);
    if (!folder.empty() && chdir(folder.c_str()) != 0) _exit(127);
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    alarm(300);
    execvp(arguments[0], arguments.data());
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), read_text(files / "out"), read_text(files / "err")};
}

/// The vmsim that this build made.
inline Ran vmsim(std::vector<std::string> arguments, const std::string& input = {}, const fs::path& folder = {}) {
  arguments.insert(arguments.begin(), VMSIM_BINARY_DIR "/vmsim");
  return run_command(arguments, input, folder);
}

/// The same on a guest of the project's.
inline std::string guest(const std::string& name) { return VMSIM_SOURCE_DIR "/guests/asm/" + name; }

}  // namespace vmsim::test
