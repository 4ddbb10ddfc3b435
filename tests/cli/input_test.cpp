// Live input, typed at a terminal or piped in: what --record-input writes down, --input plays back, to the same trace.
#include <poll.h>
#include <pty.h>

#include <chrono>
#include <csignal>
#include <stdexcept>

#include "support/command.hpp"

namespace vmsim::test {
namespace {

/// vmsim with a person before it: a terminal, or a pipe, at its standard input and output.
class Session {
 public:
  enum class At { terminal, pipe };
  Session(At at, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), VMSIM_BINARY_DIR "/vmsim");
    std::vector<char*> words;
    for (std::string& word : arguments) words.push_back(word.data());
    words.push_back(nullptr);
    int to[2] = {-1, -1}, from[2] = {-1, -1};
    if (at == At::pipe && (pipe(to) != 0 || pipe(from) != 0)) ADD_FAILURE() << "pipe";
    child_ = at == At::terminal ? forkpty(&in_, nullptr, nullptr, nullptr) : fork();
    if (child_ < 0) throw std::runtime_error("no process for the session");
    if (child_ == 0) {
      if (at == At::pipe) {
        dup2(to[0], STDIN_FILENO), dup2(from[1], STDOUT_FILENO);
        for (const int file : {to[0], to[1], from[0], from[1]}) close(file);
      }
      alarm(60);
      execv(words[0], words.data());
      _exit(127);
    }
    out_ = in_;
    if (at == At::terminal) return;
    close(to[0]), close(from[1]);
    in_ = to[1], out_ = from[0];
  }
  ~Session() {
    if (child_ > 0) {  // never kill(-1): that is every process there is
      kill(child_, SIGKILL);
      end();
    }
    close(in_);
    if (out_ != in_) close(out_);
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void type(std::string_view text) { EXPECT_EQ(write(in_, text.data(), text.size()), static_cast<ssize_t>(text.size())); }
  /// Reads until the guest has shown it; false where it ends first, or shows nothing for half a minute.
  bool shows(const std::string& text) {
    while (shown_.find(text) == std::string::npos)
      if (!read_more()) return false;
    return true;
  }
  /// The exit code, when everything has been read.
  int end() {
    if (child_ < 0) return -1;
    while (read_more()) {
    }
    int status = 0;
    waitpid(child_, &status, 0);
    child_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  [[nodiscard]] const std::string& shown() const { return shown_; }

 private:
  bool read_more() {
    char bytes[4096];
    pollfd file{out_, POLLIN, 0};
    if (::poll(&file, 1, 30'000) <= 0) return false;
    const ssize_t got = read(out_, bytes, sizeof bytes);
    if (got <= 0) return false;
    shown_.append(bytes, static_cast<size_t>(got));
    return true;
  }
  pid_t child_ = -1;
  int in_ = -1, out_ = -1;
  std::string shown_;
};

class LiveInput : public testing::TestWithParam<Session::At> {};

TEST_P(LiveInput, that_was_recorded_replays_to_the_same_trace) {
  const Scratch files;
  for (const char* technique : {"bare", "trap"}) {
    SCOPED_TRACE(technique);
    const std::vector<std::string> run{"run", guest("echo.s"), "--technique", technique, "--trace=instructions", "--trace-out"};
    auto live = run, replay = run;
    live.insert(live.end(), {files / "live", "--record-input", files / "log"});
    replay.insert(replay.end(), {files / "replay", "--input", files / "log"});
    Session session(GetParam(), live);
    ASSERT_TRUE(session.shows("a full stop ends")) << session.shown();
    session.type("what \"is\" typed\\");
    ASSERT_TRUE(session.shows("WHAT \"IS\" TYPED\\")) << session.shown();
    session.type("\t\x01 end.");
    EXPECT_EQ(session.end(), 0) << session.shown();
    EXPECT_NE(session.shown().find("END"), std::string::npos) << session.shown();

    EXPECT_EQ(vmsim(replay).code, 0);
    const std::string trace = read_text(files / "live");
    EXPECT_GT(std::count(trace.begin(), trace.end(), '\n'), 500);
    EXPECT_TRUE(trace == read_text(files / "replay")) << "the log:\n" << read_text(files / "log");
  }
}
INSTANTIATE_TEST_SUITE_P(At, LiveInput, testing::Values(Session::At::terminal, Session::At::pipe));

TEST(TheEscapeKey, leaves_a_guest_that_goes_on_for_ever_and_gives_the_terminal_back) {
  const Scratch files;
  Session session(Session::At::terminal, {"run", files.write("loops.s", "_start: li t0, 0x10000000\n li t1, 'A'\n sb t1, 0(t0)\n1: j 1b\n")});
  ASSERT_TRUE(session.shows("A"));
  session.type("\x1d");
  EXPECT_EQ(session.end(), 0);
  EXPECT_NE(session.shown().find("ended from the keyboard"), std::string::npos) << session.shown();
}

}  // namespace
}  // namespace vmsim::test
