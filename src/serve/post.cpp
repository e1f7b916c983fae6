// SPDX-License-Identifier: EUPL-1.2
#include "serve/post.hpp"

#include <charconv>
#include <lkdoctor/net/http.hpp>
#include <lkdoctor/net/resolve.hpp>
#include <lkdoctor/text.hpp>
#include <lkdoctor/url.hpp>

namespace lkdoctor::serve {
namespace {

using boost::asio::awaitable;
using net::Stage;

/// "in time" alone would not say what was waited for.
std::string problem_of(const net::NetOutcome& outcome) {
  return Json(outcome.stage).get<std::string>() + ": " + printable(outcome.text);
}

/// RFC 9110 §10.2.3; the form with a date is rare and taken as absent.
std::optional<Milliseconds> retry_after(const net::HttpReply& reply) {
  const std::string said = reply.header("retry-after");
  std::uint32_t seconds = 0;
  const auto [end, error] = std::from_chars(said.data(), said.data() + said.size(), seconds);
  if (error != std::errc() || end != said.data() + said.size()) return std::nullopt;
  return std::chrono::seconds(seconds);
}

Delivered answered(const net::HttpReply& reply) {
  Delivered out{{reply.status, retry_after(reply)}, {}};
  const bool redirect = reply.status >= 300 && reply.status < 400;
  if (!out.result.taken()) {
    out.problem = "it answers " + std::to_string(reply.status) +
                  (redirect ? ", a redirect, which is not followed" : "");
  }
  return out;
}

net::HttpTarget target_of(const Receiver& receiver, const Url& url, const std::string& address,
                          Deadline connect_by) {
  net::HttpTarget target;
  target.peer = {address, url.port};
  target.host = url.host;
  target.port = url.port;
  target.tls = url.tls();
  target.connect_by = connect_by;
  if (!receiver.ca_file.empty()) target.tls_options.ca_files = {receiver.ca_file};
  return target;
}

net::HttpRequest request_of(const Receiver& receiver, std::string body) {
  net::HttpRequest request;
  request.method = "POST";
  request.target = receiver.path();
  request.headers = {{"Content-Type", std::string(Delivery::kContentType)}, {"Connection", "close"}};
  if (!receiver.authorization.empty())
    request.headers.emplace_back("Authorization", receiver.authorization.reveal());
  request.body = std::move(body);
  return request;
}

/// Nothing of the request has left: another address may be asked.
bool was_not_sent(Stage stage) {
  return stage == Stage::connect || stage == Stage::tls;
}

}  // namespace

awaitable<Delivered> post(Receiver receiver, std::string body, Deadline deadline) {
  Delivered out;
  const auto url = parse_url(receiver.url);
  if (!url) co_return out;  // the configuration's reader lets none through
  const net::Resolution names = co_await net::resolve(url->host, deadline);
  if (!names.outcome.ok()) out.problem = problem_of(names.outcome);
  const net::HttpRequest request = request_of(receiver, std::move(body));
  auto left = static_cast<Milliseconds::rep>(names.addresses.size());
  for (const std::string& address : names.addresses) {
    const auto now = Clock::now();
    net::HttpSession session(target_of(receiver, *url, address, now + (deadline - now) / left--));
    const net::HttpReply reply = co_await session.ask(request, deadline);
    if (reply.status != 0) co_return answered(reply);
    out.problem = problem_of(reply.outcome);
    if (!was_not_sent(reply.outcome.stage)) break;
  }
  co_return out;
}

}  // namespace lkdoctor::serve
