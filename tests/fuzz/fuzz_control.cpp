// SPDX-License-Identifier: EUPL-1.2
#include <cstdlib>
#include <string>

#include "pieces.hpp"
#include "respond/control_connection.hpp"
#include "respond/control_head.hpp"
#include "respond/control_target.hpp"

using namespace lkdoctor;
using namespace lkdoctor::respond;

namespace {

/// What is granted is one of few paths, with one credential in one place.
void read(std::string_view text) {
  const ControlHead head = read_head(text);
  if (head.refused != 0) return;
  if (head.body_size > kLongestBody) std::abort();
  if (is_signalling(path_of(head.request.target)) && !head.request.target.starts_with("/rtc")) std::abort();
  (void)carries_token(head.request.target);
}

}  // namespace

/// A stranger's bytes on the control connection, and the head of a request.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  read({reinterpret_cast<const char*>(data), size});
  KeyRing keys({{"key file", proto::key_of_text(Secret("a key of sixteen letters or more")).value()}});
  const PskContext tls(keys);
  Desk desk({}, keys, [](const Event&) {});
  ControlConnection connection(tls, desk, {"192.0.2.77", 50000}, Deadline{});
  for (const Bytes& piece : pieces_of({data, size})) {
    connection.feed(piece, Deadline{});
    (void)connection.take();
  }
  if (connection.authenticated() || connection.wants_upstream()) std::abort();
  connection.finish(Deadline{});
  return 0;
}
