// SPDX-License-Identifier: EUPL-1.2
#include "respond/control_head.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>

namespace lkdoctor::respond {
namespace http = boost::beast::http;

ControlHead read_head(std::string_view text) {
  http::request_parser<http::empty_body> parser;
  parser.header_limit(kLongestHead);
  parser.body_limit(kLongestBody);
  boost::system::error_code error;
  const std::size_t used = parser.put(boost::asio::buffer(text), error);
  ControlHead out;
  if (error == http::error::body_limit) {
    out.refused = 413;
  } else if (error || !parser.is_header_done() || used != text.size() || parser.get().version() != 11) {
    out.refused = 400;
  } else if (parser.chunked()) {
    out.refused = 411;
  }
  if (out.refused != 0) return out;
  const auto& head = parser.get();
  out.body_size = parser.content_length().value_or(0);
  out.keep_alive = head.keep_alive() || parser.upgrade();
  out.request.method = std::string(head.method_string());
  out.request.target = std::string(head.target());
  if (head.count(http::field::authorization) == 1)
    out.request.authorization = std::string(head[http::field::authorization]);
  out.request.websocket = http::token_list(head[http::field::connection]).exists("upgrade") &&
                          boost::beast::iequals(head[http::field::upgrade], "websocket");
  return out;
}

std::string_view reason_of(unsigned status) {
  return http::obsolete_reason(static_cast<http::status>(status));
}

}  // namespace lkdoctor::respond
