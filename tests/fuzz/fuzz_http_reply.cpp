// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <cstdlib>
#include <lkdoctor/proto/livekit_http.hpp>

#include "net/reply_parser.hpp"

using namespace lkdoctor;

namespace {

struct Parsed {
  bool ok = false, done = false;
  net::HttpReply reply;
};

Parsed parse(const std::string& text, bool head_only, std::size_t piece) {
  net::ReplyParser parser(head_only);
  std::string pending;
  for (std::size_t at = 0; at < text.size() && !parser.done() && parser.error().ok(); at += piece) {
    pending += text.substr(at, piece);
    parser.feed(pending);
  }
  parser.end();
  Parsed out{parser.error().ok(), parser.done(), {}};
  parser.fill(out.reply);
  return out;
}

/// What is kept of an answer is bounded, storable and without tokens.
void keep(const net::HttpReply& reply) {
  const proto::HttpAnswer kept = proto::kept_answer(reply.status, reply.headers, reply.body);
  if (kept.body.size() > 600 || kept.headers.size() > 32) std::abort();
  if (kept.body.find("eyJ") != std::string::npos) std::abort();
  for (const auto& [name, value] : kept.headers) {
    if (value.size() > 300 || value.find("eyJ") != std::string::npos) std::abort();
  }
  const proto::Reading reading = proto::read_answer(kept);
  if (reading.meaning == proto::Meaning::healthy && (reply.status != 200 || reply.body != "OK")) std::abort();
  (void)proto::cdn_of(kept);
  (void)Json(kept).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

/// The first byte says whether a body is due and how the stream is cut: what is read stays the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const bool head_only = (data[0] & 1U) != 0;
  const Parsed whole = parse(text, head_only, text.size() + 1);
  const Parsed pieces = parse(text, head_only, 1 + (data[0] >> 1U) % 16U);
  if (whole.ok != pieces.ok || whole.done != pieces.done) std::abort();
  if (whole.ok) {
    if (whole.reply.status != pieces.reply.status || whole.reply.headers != pieces.reply.headers)
      std::abort();
    if (whole.reply.body != pieces.reply.body) std::abort();
  }
  keep(whole.reply);
  keep(pieces.reply);
  return 0;
}
