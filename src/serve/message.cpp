// SPDX-License-Identifier: EUPL-1.2
// The one place where Beast reads and writes HTTP.
#include "serve/message.hpp"

#include <fmt/format.h>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <ctime>
#include <lkdoctor/text.hpp>

namespace lkdoctor::serve {
namespace {

namespace http = boost::beast::http;
using Parser = http::request_parser<http::string_body>;

std::string_view view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

Response refusal_of(const boost::system::error_code& error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow)
    return says(431, "The head of the request is longer than 8 KB.");
  if (error == http::error::body_limit) return says(413, "The body of the request is longer than 4 KB.");
  if (error == http::error::bad_version) return says(505, "HTTP/1.1 is spoken here, and nothing else.");
  return says(400, "This is not an HTTP/1.1 request.");
}

/// What a head says that no body can mend; nullopt: nothing.
std::optional<Response> objection(const Parser& parser) {
  const auto& message = parser.get();
  if (parser.chunked() || message.count(http::field::transfer_encoding) != 0)
    return says(411, "The body of a request needs a Content-Length here.");
  if (message.count(http::field::expect) != 0) return says(417, "Send the body without asking before.");
  if (parser.content_length() && *parser.content_length() > kLongestBody)
    return says(413, "The body of the request is longer than 4 KB.");
  const auto hosts = message.count(http::field::host);
  if (hosts > 1 || (hosts == 0 && message.version() >= 11))
    return says(400, "The request needs one Host header.");
  return std::nullopt;
}

/// IMF-fixdate, RFC 9110 §5.6.7.
std::string date_now() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  gmtime_r(&now, &parts);
  constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT",
                     kDays.at(static_cast<std::size_t>(parts.tm_wday)), parts.tm_mday,
                     kMonths.at(static_cast<std::size_t>(parts.tm_mon)), parts.tm_year + 1900, parts.tm_hour,
                     parts.tm_min, parts.tm_sec);
}

}  // namespace

struct RequestReader::State_ {
  std::unique_ptr<Parser> parser;
  bool begun = false;  ///< something else than empty lines has come
  State state = State::incomplete;
  Response refusal;
  std::optional<RequestTarget> target;

  void begin() {
    parser = std::make_unique<Parser>();
    parser->header_limit(kLongestHead);
    parser->body_limit(kLongestBody);
    begun = false;
    state = State::incomplete;
  }

  void refuse(Response why) {
    state = State::refused;
    refusal = std::move(why);
  }

  void judge_head() {
    if (auto why = objection(*parser)) return refuse(std::move(*why));
    target = parse_request_target(view(parser->get().target()));
    if (!target) refuse(says(400, "The path of the request is none that can be here."));
  }

  void feed(std::string& pending) {
    // RFC 9112 §2.2: empty lines before a request line are to be looked over.
    while (!begun && !pending.empty() && (pending.front() == '\r' || pending.front() == '\n')) {
      pending.erase(0, 1);
    }
    while (!pending.empty() && !parser->is_done() && state == State::incomplete) {
      begun = true;
      const bool in_head = !parser->is_header_done();
      boost::system::error_code error;
      const std::size_t used = parser->put(boost::asio::buffer(pending), error);
      pending.erase(0, used);
      if (error == http::error::need_more) {
        if (in_head && pending.size() > kLongestHead) refuse(refusal_of(http::error::header_limit));
        break;
      }
      if (error) return refuse(refusal_of(error));
      if (in_head && parser->is_header_done()) judge_head();
      if (used == 0) break;
    }
    if (state == State::incomplete && parser->is_done()) state = State::complete;
  }
};

RequestReader::RequestReader() : state_(std::make_unique<State_>()) {
  state_->begin();
}
RequestReader::RequestReader(RequestReader&&) noexcept = default;
RequestReader& RequestReader::operator=(RequestReader&&) noexcept = default;
RequestReader::~RequestReader() = default;

RequestReader::State RequestReader::feed(std::string& pending) {
  state_->feed(pending);
  return state_->state;
}

Request RequestReader::take() {
  auto& message = state_->parser->get();
  Request out;
  out.method = view(message.method_string());
  out.path = std::move(state_->target->path);
  out.query = std::move(state_->target->query);
  for (const auto& field : message) {
    out.headers.emplace_back(to_lower_ascii(view(field.name_string())), view(field.value()));
  }
  // RFC 9112 §3.2.2: a whole URL stands above the Host header.
  out.authority = state_->target->authority.empty() ? std::string(view(message[http::field::host]))
                                                    : state_->target->authority;
  out.body = std::move(message.body());
  state_->begin();
  return out;
}

const Response& RequestReader::refusal() const {
  return state_->refusal;
}
bool RequestReader::keep_alive() const {
  return state_->state == State::complete && state_->parser->keep_alive();
}
bool RequestReader::knows_chunks() const {
  return state_->parser->get().version() >= 11;
}

std::string head_of(const Response& response, const Framing& framing) {
  http::response<http::empty_body> message(static_cast<http::status>(response.status), 11);
  message.reason(boost::beast::string_view(reason_of(response.status)));
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!is_field_name(name) || !is_field_value(value)) return;
    message.insert({name.data(), name.size()}, {value.data(), value.size()});
  };
  add("Date", date_now());
  if (!response.content_type.empty()) add("Content-Type", response.content_type);
  for (const auto& [name, value] : response.headers) add(name, value);
  if (framing.length) add("Content-Length", std::to_string(*framing.length));
  if (framing.chunked) add("Transfer-Encoding", "chunked");
  add("Connection", framing.keep_alive ? "keep-alive" : "close");
  std::string out;
  http::serializer<false, http::empty_body> serializer(message);
  serializer.split(true);
  while (!serializer.is_header_done()) {
    boost::system::error_code error;
    serializer.next(error, [&](boost::system::error_code&, const auto& buffers) {
      std::size_t taken = 0;
      for (auto at = boost::asio::buffer_sequence_begin(buffers);
           at != boost::asio::buffer_sequence_end(buffers); ++at) {
        const boost::asio::const_buffer piece(*at);
        out.append(static_cast<const char*>(piece.data()), piece.size());
        taken += piece.size();
      }
      serializer.consume(taken);
    });
    if (error) break;
  }
  return out;
}

std::string chunk_of(std::string_view piece) {
  return fmt::format("{:x}\r\n{}\r\n", piece.size(), piece);
}

}  // namespace lkdoctor::serve
