// SPDX-License-Identifier: EUPL-1.2
#include "net/reply_parser.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <lkdoctor/text.hpp>

#include "net/errors.hpp"

namespace lkdoctor::net {
namespace {

namespace http = boost::beast::http;
constexpr std::uint32_t kLongestHead = 64 * 1024;
constexpr std::size_t kLongestBody = 64 * 1024;
/// "0" CRLF CRLF. Beast 1.81 asserts that it never looks at fewer bytes once it has seen the first three.
constexpr std::size_t kShortestLastChunk = 5;

/// A Body in Beast's sense that keeps the beginning. string_body reserves what Content-Length announces,
/// which a hostile peer chooses; body_limit refuses the whole answer, and its beginning is evidence.
struct BodyStart {
  struct value_type {
    std::string text;
    bool cut = false;
  };

  class reader {
   public:
    template <bool kRequest, class Fields>
    reader(http::header<kRequest, Fields>&, value_type& body) : body_(body) {}

    static void init(const boost::optional<std::uint64_t>&, boost::system::error_code& error) { error = {}; }

    template <class Buffers>
    std::size_t put(const Buffers& buffers, boost::system::error_code& error) {
      error = {};
      for (auto at = boost::asio::buffer_sequence_begin(buffers);
           at != boost::asio::buffer_sequence_end(buffers); ++at) {
        const boost::asio::const_buffer piece(*at);
        const std::size_t kept = std::min(piece.size(), kLongestBody - body_.text.size());
        body_.text.append(static_cast<const char*>(piece.data()), kept);
        body_.cut |= kept < piece.size();
      }
      return boost::asio::buffer_size(buffers);
    }

    static void finish(boost::system::error_code& error) { error = {}; }

   private:
    value_type& body_;
  };
};

using Parser = http::response_parser<BodyStart>;

std::unique_ptr<Parser> make_parser(bool head_only) {
  auto parser = std::make_unique<Parser>();
  parser->header_limit(kLongestHead);
  parser->body_limit(boost::none);  // a body that is too long is cut, not refused
  parser->eager(true);
  parser->skip(head_only);
  return parser;
}

}  // namespace

struct ReplyParser::State {
  bool head_only = false;
  std::unique_ptr<Parser> parser;
  NetOutcome error;
};

ReplyParser::ReplyParser(bool head_only) : state_(std::make_unique<State>()) {
  state_->head_only = head_only;
  state_->parser = make_parser(head_only);
}
ReplyParser::ReplyParser(ReplyParser&&) noexcept = default;
ReplyParser& ReplyParser::operator=(ReplyParser&&) noexcept = default;
ReplyParser::~ReplyParser() = default;

void ReplyParser::feed(std::string& pending) {
  while (!pending.empty() && !done() && state_->error.ok()) {
    if (head_done() && state_->parser->chunked() && pending.size() < kShortestLastChunk) break;
    boost::system::error_code error;
    const std::size_t used = state_->parser->put(boost::asio::buffer(pending), error);
    pending.erase(0, used);
    if (error == http::error::need_more) error = {};
    if (error == http::error::header_limit) {
      state_->error = failed(Stage::response, NetError::too_large, "the head is longer than 64 KiB");
    } else if (error) {
      state_->error = failed(Stage::response, NetError::malformed, "the answer is not HTTP/1.1");
    } else if (state_->parser->get().body().cut) {
      state_->error = failed(Stage::response, NetError::too_large, "the body is longer than 64 KiB");
    }
    if (done() && status() / 100 == 1 && status() != 101) {
      state_->parser = make_parser(state_->head_only);
      continue;
    }
    if (used == 0) break;
  }
}

void ReplyParser::end() {
  if (done() || !state_->error.ok()) return;
  boost::system::error_code error;
  if (head_done()) state_->parser->put_eof(error);
  if (!done())
    state_->error = failed(Stage::response, NetError::closed, "closed before the answer was complete");
}

bool ReplyParser::head_done() const {
  return state_->parser->is_header_done();
}
bool ReplyParser::done() const {
  return state_->parser->is_done();
}
bool ReplyParser::keep_alive() const {
  return state_->parser->keep_alive();
}
const NetOutcome& ReplyParser::error() const {
  return state_->error;
}
int ReplyParser::status() const {
  return head_done() ? static_cast<int>(state_->parser->get().result_int()) : 0;
}

void ReplyParser::fill(HttpReply& reply) const {
  if (!head_done()) return;
  const auto& message = state_->parser->get();
  reply.status = status();
  reply.headers.clear();
  for (const auto& field : message) {
    const std::string_view name(field.name_string().data(), field.name_string().size());
    const std::string_view value(field.value().data(), field.value().size());
    reply.headers.emplace_back(to_lower_ascii(name), value);
  }
  reply.body = message.body().text;
}

}  // namespace lkdoctor::net
