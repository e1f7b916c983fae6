// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "serve/response.hpp"

namespace lkdoctor::serve {

inline constexpr std::uint32_t kLongestHead = 8 * 1024;
inline constexpr std::uint64_t kLongestBody = 4 * 1024;

/// Reads one request after another, without a socket. HTTP/1.1 and 1.0; a body needs a Content-Length.
class RequestReader {
 public:
  RequestReader();
  RequestReader(RequestReader&&) noexcept;
  RequestReader& operator=(RequestReader&&) noexcept;
  ~RequestReader();

  enum class State { incomplete, complete, refused };
  /// Takes what belongs to this request from the front of `pending`, and nothing of the next one. After
  /// `refused` where a request ends is not known: the connection has to.
  State feed(std::string& pending);

  /// Of a complete one, `from` and `tls` left open. Once; then the next request can be fed.
  Request take();
  /// Of a refused one: status and a sentence.
  const Response& refusal() const;
  /// Whether the client would send another request; it is asked before take().
  bool keep_alive() const;
  /// HTTP/1.1, which knows chunks.
  bool knows_chunks() const;

 private:
  struct State_;
  std::unique_ptr<State_> state_;
};

/// How an answer is put on the wire.
struct Framing {
  bool keep_alive = true;
  bool chunked = false;  ///< else `length`, or up to the end of the connection
  std::optional<std::uint64_t> length;
};
/// Status line and headers with the empty line. A header that would break out of its line is left out.
std::string head_of(const Response& response, const Framing& framing);

/// Of an answer in chunks (RFC 9112 §7.1).
std::string chunk_of(std::string_view piece);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace lkdoctor::serve
