// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/net/http.hpp>
#include <memory>
#include <string>

namespace lkdoctor::net {

/// One HTTP/1.1 answer, without a socket. Interim answers (1xx but 101) are skipped.
class ReplyParser {
 public:
  /// `head_only`: the answer has no body whatever its head says (HEAD, a 2xx to CONNECT).
  explicit ReplyParser(bool head_only);
  ReplyParser(ReplyParser&&) noexcept;
  ReplyParser& operator=(ReplyParser&&) noexcept;
  ~ReplyParser();

  /// Takes what belongs to this answer from the front of `pending`.
  void feed(std::string& pending);
  /// The peer closed.
  void end();

  bool head_done() const;
  bool done() const;
  bool keep_alive() const;          ///< REQUIRES: done()
  const NetOutcome& error() const;  ///< malformed or too_large
  int status() const;               ///< 0 before the head is done
  void fill(HttpReply& reply) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lkdoctor::net
