// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "serve/request.hpp"

namespace lkdoctor::serve {

/// What follows next in an answer that has no end yet (server-sent events); nullopt: that was all. Awaited
/// again once the piece has been sent, cancelled when the client leaves or the server stops.
using Stream = std::function<boost::asio::awaitable<std::optional<std::string>>()>;

/// The answer to one request. Headers that a browser is protected by are added to every one (see
/// `add_protection`); Content-Length, Date and Connection are the server's business.
struct Response {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  /// Sent behind `body` without a copy of them; `owner` keeps what they refer to.
  std::vector<std::string_view> pieces;
  std::shared_ptr<const void> owner;
  /// Not empty: what follows `body` and `pieces` is told by it, until it ends.
  Stream stream;

  std::size_t size() const noexcept;  ///< of body and pieces
};

/// One sentence as plain text, with a line feed.
Response says(unsigned status, std::string sentence);

/// "Not Found" (RFC 9110 §15); "Unknown" for what has no phrase.
std::string_view reason_of(unsigned status);

/// RFC 9110 §5.1, §5.5: nothing that could end the line and begin a header of its own.
bool is_field_name(std::string_view text);
bool is_field_value(std::string_view text);

/// Adds what keeps a page from being framed, sniffed, scripted from elsewhere or named to other sites, unless
/// the answer says otherwise itself.
void add_protection(Response& response);

/// Answers one request. Cancelled (terminal) when the client leaves. What it throws becomes a 500.
using Handler = std::function<boost::asio::awaitable<Response>(Request)>;

}  // namespace lkdoctor::serve
