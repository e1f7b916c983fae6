// SPDX-License-Identifier: EUPL-1.2
#include <cstdlib>

#include "serve/host_rule.hpp"
#include "serve/message.hpp"
#include "serve/routes.hpp"

using namespace lkdoctor;
using namespace lkdoctor::serve;

namespace {

struct Parsed {
  bool complete = false;
  Request request;
  Response refusal;
};

Parsed parse(const std::string& text, std::size_t piece) {
  RequestReader reader;
  std::string pending;
  RequestReader::State state = RequestReader::State::incomplete;
  for (std::size_t at = 0; at < text.size() && state == RequestReader::State::incomplete; at += piece) {
    pending += text.substr(at, piece);
    state = reader.feed(pending);
  }
  Parsed out;
  out.complete = state == RequestReader::State::complete;
  if (out.complete) out.request = reader.take();
  if (state == RequestReader::State::refused) out.refusal = reader.refusal();
  return out;
}

/// A path stays below its root, whatever was asked for.
void judge_path(const std::string& path) {
  if (!path.starts_with('/') || path.find("//") != std::string::npos) std::abort();
  if ((path + "/").find("/../") != std::string::npos || path.find('\0') != std::string::npos) std::abort();
}

/// An answer that holds what the client said is one head with the lines that were meant.
void judge_head(Response response) {
  response.headers.emplace_back("X-Said", response.body);
  response.headers.emplace_back(response.body, "said");
  Framing framing;
  framing.length = response.size();
  const std::string head = head_of(response, framing);
  if (head.find("\r\n\r\n") != head.size() - 4 || head.find('\n') == std::string::npos) std::abort();
  std::size_t lines = 0;
  for (const char c : head) lines += c == '\n' ? 1 : 0;
  if (lines > 7 + response.headers.size()) std::abort();
}

}  // namespace

/// The first byte says how the stream is cut: what is read stays the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Parsed whole = parse(text, text.size() + 1), pieces = parse(text, 1 + data[0] % 64U);
  if (whole.complete != pieces.complete) std::abort();
  judge_head(says(200, text));
  if (!whole.complete) return 0;
  const Request& request = whole.request;
  if (request.path != pieces.request.path || request.query != pieces.request.query) std::abort();
  if (request.headers != pieces.request.headers || request.body != pieces.request.body) std::abort();
  if (request.body.size() > kLongestBody) std::abort();
  judge_path(request.path);
  (void)HostRule({"probe.example"}).objection(request);
  const auto found = Routes("/prefix").find(request, {{"main"}, {"default"}});
  if (const auto* response = std::get_if<Response>(&found)) judge_head(*response);
  return 0;
}
