// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <lkdoctor/text.hpp>

#include "config/base64.hpp"
#include "serve/login.hpp"

namespace lkdoctor::serve {
namespace {

namespace asio = boost::asio;
using asio::awaitable;

struct Credentials {
  std::string name;
  Secret password;
};

/// RFC 7617 §2. The header is taken out of the request: nobody behind needs it.
std::optional<Credentials> take_credentials(Request& request) {
  const std::string header = request.header("authorization");
  std::erase_if(request.headers, [](const auto& one) { return one.first == "authorization"; });
  constexpr std::string_view kScheme = "basic ";
  if (to_lower_ascii(header.substr(0, kScheme.size())) != kScheme) return std::nullopt;
  const auto pair = config::from_base64(trimmed(header.substr(kScheme.size())));
  const std::size_t colon = pair ? pair->find(':') : std::string::npos;
  if (colon == std::string::npos) return std::nullopt;
  return Credentials{pair->substr(0, colon), Secret(pair->substr(colon + 1))};
}

Response please_log_in() {
  Response out = says(401, "Name and password are needed here, or these are not right.");
  out.headers.emplace_back("WWW-Authenticate", "Basic realm=\"lkdoctor\", charset=\"UTF-8\"");
  return out;
}

Response too_many() {
  Response out = says(503, "Too many passwords are waiting to be compared. Try again in a moment.");
  out.headers.emplace_back("Retry-After", "1");
  return out;
}

/// nullopt: go on.
awaitable<std::optional<Response>> refused(std::shared_ptr<Login> login,
                                           std::shared_ptr<const Login::Users> users, Request* request) {
  auto given = take_credentials(*request);
  if (users->empty()) co_return std::nullopt;
  if (!given) co_return please_log_in();
  auto checking = login->check(std::move(users), std::move(given->name), std::move(given->password),
                               request->from.address);
  const Login::Answer answer = co_await std::move(checking);
  if (answer == Login::Answer::right) co_return std::nullopt;
  co_return answer == Login::Answer::busy ? too_many() : please_log_in();
}

/// The file's word stands above the answer's own.
void put_headers(Response& response, const WebConfig& config) {
  for (const auto& [name, value] : config.headers) {
    const std::string lower = to_lower_ascii(name);
    std::erase_if(response.headers, [&](const auto& one) { return to_lower_ascii(one.first) == lower; });
    response.headers.emplace_back(name, value);
  }
}

struct Guard {
  std::shared_ptr<WebGate> gate;
  std::shared_ptr<Login> login;
  Handler handler;
};

awaitable<Response> ask(std::shared_ptr<const Guard> guard, Request request) {
  const auto in_force = guard->gate->at(Clock::now());
  if (!in_force) co_return says(503, "The web configuration file cannot be used.");
  Response response;
  const std::shared_ptr<const Login::Users> users(in_force, &in_force->config.users);
  auto refusing = refused(guard->login, users, &request);
  auto refusal = co_await std::move(refusing);
  if (refusal) {
    response = std::move(*refusal);
  } else {
    auto answering = guard->handler(std::move(request));
    response = co_await std::move(answering);
  }
  put_headers(response, in_force->config);
  co_return response;
}

}  // namespace

Handler authenticated(std::shared_ptr<WebGate> gate, std::shared_ptr<Login> login, Handler handler) {
  const auto guard =
      std::make_shared<const Guard>(Guard{std::move(gate), std::move(login), std::move(handler)});
  return [guard](Request request) { return ask(guard, std::move(request)); };
}

}  // namespace lkdoctor::serve
