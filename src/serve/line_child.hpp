// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "engine/watch.hpp"

namespace lkdoctor::serve {

/// A child process that is spoken to in lines, and the one that follows it when it has died. Nothing here
/// waits for it.
/// REQUIRES: this process has one thread; SIGCHLD is not ignored.
class LineChild {
 public:
  /// The child's main, with its end of the socket, whose end of file means that nobody needs it any longer.
  /// Must not return.
  using Main = std::function<void(int socket)>;

  /// Forks. Throws std::system_error if there can be no child.
  explicit LineChild(Main main);
  ~LineChild();  ///< as end()
  LineChild(const LineChild&) = delete;
  LineChild& operator=(const LineChild&) = delete;

  void start();  ///< forks another one. REQUIRES: alive() is false. Throws std::system_error
  void end();    ///< kills and reaps it; what was under way, to it or from it, is dropped
  bool alive() const noexcept { return pid_ > 0; }  ///< it is to be spoken to; its death shows in hear()
  pid_t id() const noexcept { return pid_; }        ///< -1: there is none now

  void say(const std::string& lines);  ///< what does not fit now goes out with hear()
  std::size_t unsaid() const noexcept { return output_.size(); }
  /// That was all: the child sees the end of file, and can still be heard. REQUIRES: alive(), unsaid() is 0
  void finish() const;

  struct Heard {
    std::vector<std::string> lines;
    bool gone = false;  ///< it has died, or says a line without end
  };
  /// REQUIRES: alive()
  Heard hear();
  int fd() const noexcept {
    return watch_.fd();
  }  ///< readable: there is something to hear(). The same for life

 private:
  void flush();
  void cut(Heard& into);

  const Main main_;
  engine::Watch watch_;
  pid_t pid_ = -1;
  int socket_ = -1;
  std::string output_, input_;  ///< under way to the child, and from it
};

}  // namespace lkdoctor::serve
