// SPDX-License-Identifier: EUPL-1.2
#include "serve/login.hpp"

#include <crypt.h>
#include <signal.h>

#include <openssl/evp.h>

#include <algorithm>
#include <deque>

#include "site.hpp"
#include "support/config_folder.hpp"

using namespace lkdoctor;
using namespace lkdoctor::test;
using namespace lkdoctor::serve;
using asio::awaitable;

namespace {

std::string hash_of(const std::string& password, int cost = 4) {
  const std::string setting =
      (cost < 10 ? "$2b$0" : "$2b$") + std::to_string(cost) + "$abcdefghijklmnopqrstuu";
  return crypt(password.c_str(), setting.c_str());
}

std::shared_ptr<Login::Users> users_at(int cost) {
  Login::Users out;
  out.emplace("alice", Secret(hash_of("wonderland", cost)));
  out.emplace("bob", Secret(hash_of("builder", cost)));
  return std::make_shared<Login::Users>(std::move(out));
}

/// Runs checks on a context of its own.
struct Door {
  Login::Answer knock(const std::string& name, const std::string& password,
                      const std::string& from = "192.0.2.1") {
    Login::Answer out = Login::Answer::busy;
    const auto asking = [&]() -> awaitable<void> {
      auto checking = login.check(users, name, Secret(password), from);
      out = co_await std::move(checking);
    };
    run(asking());
    return out;
  }
  void run(awaitable<void> work) {
    bool ended = false;
    asio::co_spawn(context, std::move(work), [&](const std::exception_ptr&) { ended = true; });
    context.restart();
    while (!ended) context.run_one();
  }

  asio::io_context context;
  Login login{context};
  std::shared_ptr<Login::Users> users = users_at(4);
};

std::string base64(std::string_view text) {
  std::string out(4 * ((text.size() + 2) / 3) + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

/// A server behind the file `web.yml`.
struct Guarded {
  explicit Guarded(const std::string& text) {
    folder.write("web.yml", text);
    gate = std::make_shared<WebGate>(folder.path() + "/web.yml", nullptr);
    REQUIRE_MESSAGE(gate->problem().empty(), gate->problem());
  }
  void open(const Handler& handler) {
    site.emplace(with([this](Request request) { return guarded(std::move(request)); }));
    login = std::make_shared<Login>(site->context);
    guarded = authenticated(gate, login, handler);
  }
  std::string ask(const std::string& credentials = {}) {
    Visitor visitor(*site);
    std::string answer;
    const auto visit = [&]() -> awaitable<void> {
      auto asking =
          visitor.ask("/", credentials.empty() ? "" : "Authorization: Basic " + base64(credentials) + "\r\n");
      answer = co_await std::move(asking);
    };
    site->during(visit);
    return answer;
  }

  config_folder::Folder folder;
  std::shared_ptr<WebGate> gate;
  std::optional<Site> site;
  std::shared_ptr<Login> login;
  Handler guarded;  // ends before the context that its login works on
};

}  // namespace

TEST_CASE("login: the right password is right, and is compared once") {
  Door door;
  CHECK(door.knock("alice", "wonderland") == Login::Answer::right);
  CHECK(door.knock("alice", "wonderland") == Login::Answer::right);
  CHECK(door.login.compared() == 1);
  CHECK(door.knock("bob", "builder") == Login::Answer::right);
  CHECK(door.login.compared() == 2);
}

TEST_CASE("login: a wrong password is wrong each time, and so is anything for a user that does not exist") {
  Door door;
  CHECK(door.knock("alice", "builder") == Login::Answer::wrong);
  CHECK(door.knock("alice", "builder") == Login::Answer::wrong);
  CHECK(door.knock("alice", "") == Login::Answer::wrong);
  CHECK(door.knock("carol", "wonderland") == Login::Answer::wrong);
  CHECK(door.knock("", "") == Login::Answer::wrong);
  CHECK(door.login.compared() == 5);
}

TEST_CASE("login: a password with a NUL behind the right one, or one of great length, matches nothing") {
  Door door;
  CHECK(door.knock("alice", std::string("wonderland\0x", 12)) == Login::Answer::wrong);
  CHECK(door.knock("alice", std::string(2000, 'w')) == Login::Answer::wrong);
  CHECK(door.knock("alice", "wonderland") == Login::Answer::right);
}

TEST_CASE("login: what was right is so no longer once the hash has changed") {
  Door door;
  CHECK(door.knock("alice", "wonderland") == Login::Answer::right);
  door.users->at("alice") = Secret(hash_of("looking-glass"));
  CHECK(door.knock("alice", "wonderland") == Login::Answer::wrong);
  CHECK(door.knock("alice", "looking-glass") == Login::Answer::right);
}

TEST_CASE("login: a user that does not exist costs what the dearest one does, and is compared as any other") {
  Login::Users users = *users_at(5);
  users.emplace("carol", Secret(hash_of("looking glass", 8)));
  const std::string hash = decoy(users);
  CHECK(bcrypt_cost(hash) == 8);
  const std::string computed = crypt("guess", hash.c_str());
  CHECK(computed.substr(0, 29) == hash.substr(0, 29));  // the library went all the way
  CHECK(computed != hash);
  Door door;
  for (const char* name : {"alice", "nobody"}) CHECK(door.knock(name, "guess") == Login::Answer::wrong);
  CHECK(door.login.compared() == 2);
}

TEST_CASE("login: when too many passwords wait the next one hears so, and four of one address are too many") {
  Door door;
  door.users = users_at(6);
  std::map<Login::Answer, int> answers;
  int ended = 0;
  const auto knock = [&](std::string password, std::string from) -> awaitable<void> {
    auto checking = door.login.check(door.users, "alice", Secret(std::move(password)), std::move(from));
    const Login::Answer answer = co_await std::move(checking);
    ++answers[answer];
    ++ended;
  };
  for (int i = 0; i < 6; ++i)
    asio::co_spawn(door.context, knock("one" + std::to_string(i), "192.0.2.1"),
                   [](const std::exception_ptr&) {});
  for (int i = 0; i < 6; ++i) {
    const std::string from = "2001:db8:0:1::" + std::to_string(i + 1);
    asio::co_spawn(door.context, knock("net" + std::to_string(i), from), [](const std::exception_ptr&) {});
  }
  for (int i = 0; i < 40; ++i) {
    const std::string from = "198.51.100." + std::to_string(i);
    asio::co_spawn(door.context, knock("all" + std::to_string(i), from), [](const std::exception_ptr&) {});
  }
  while (ended < 52) door.context.run_one();
  CHECK(answers[Login::Answer::wrong] == 32);
  CHECK(answers[Login::Answer::busy] == 20);
  CHECK(door.login.waiting() == 0);
}

TEST_CASE("login: many who bring the same password at once cost one comparison") {
  Door door;
  int right = 0;
  const auto knock = [&]() -> awaitable<void> {
    auto checking = door.login.check(door.users, "alice", Secret("wonderland"), "192.0.2.1");
    const Login::Answer answer = co_await std::move(checking);
    right += answer == Login::Answer::right ? 1 : 0;
  };
  for (int i = 0; i < 100; ++i) asio::co_spawn(door.context, knock(), [](const std::exception_ptr&) {});
  while (right < 100) door.context.run_one();
  CHECK(door.login.compared() == 1);
}

TEST_CASE("login: a process that was killed is replaced") {
  Door door;
  CHECK(door.knock("alice", "wonderland") == Login::Answer::right);
  kill(door.login.process(), SIGKILL);
  CHECK(door.knock("bob", "builder") == Login::Answer::right);
  CHECK(door.login.process() > 0);
}

TEST_CASE("login: without credentials nobody comes in, with the right ones the password goes no further") {
  Guarded server("basic_auth_users:\n  alice: " + hash_of("wonder:land") +
                 "\nhttp_server_config:\n  headers:\n    Strict-Transport-Security: max-age=60\n"
                 "    Content-Security-Policy: default-src 'self'\n");
  server.open(
      answers([](const Request& request) { return says(200, "in" + request.header("authorization")); }));
  const std::string out = server.ask();
  CHECK(status_of(out) == "401 Unauthorized");
  CHECK(out.find("\r\nWWW-Authenticate: Basic realm=\"lkdoctor\", charset=\"UTF-8\"\r\n") !=
        std::string::npos);
  CHECK(body_of(out) == "Name and password are needed here, or these are not right.\n");
  CHECK(server.login->compared() == 0);
  const std::string in = server.ask("alice:wonder:land");
  CHECK(status_of(in) == "200 OK");
  CHECK(body_of(in) == "in\n");
  CHECK(in.find("\r\nStrict-Transport-Security: max-age=60\r\n") != std::string::npos);
  CHECK(in.find("\r\nContent-Security-Policy: default-src 'self'\r\n") != std::string::npos);
  CHECK(in.find("frame-ancestors") == std::string::npos);
  CHECK(status_of(server.ask("alice:wonderland")) == "401 Unauthorized");
  CHECK(status_of(server.ask("no colon")) == "401 Unauthorized");
}

TEST_CASE("login: users that the file names later are asked from then on") {
  Guarded server("{}\n");
  server.open(echo());
  CHECK(status_of(server.ask()) == "200 OK");
  server.folder.write("web.yml", "basic_auth_users:\n  alice: " + hash_of("wonderland") + "\n");
  server.gate->look();
  CHECK(status_of(server.ask()) == "401 Unauthorized");
  CHECK(status_of(server.ask("alice:wonderland")) == "200 OK");
}

TEST_CASE("login: a storm of wrong passwords holds up nobody who was right before") {
  Guarded server("basic_auth_users:\n  alice: " + hash_of("wonderland", 10) + "\n");
  server.open(echo());
  CHECK(status_of(server.ask("alice:wonderland")) == "200 OK");
  const auto cost_begin = Clock::now();
  CHECK(status_of(server.ask("alice:wrong")) == "401 Unauthorized");
  const auto cost = Clock::now() - cost_begin;
  std::deque<Visitor> storm;
  for (int i = 0; i < 40; ++i) storm.emplace_back(*server.site);
  std::vector<std::chrono::nanoseconds> took;
  std::string answer, refused;
  const auto visit = [&]() -> awaitable<void> {
    for (std::size_t i = 0; i < storm.size(); ++i) {
      auto saying = storm[i].say("GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Basic " +
                                 base64("alice:storm" + std::to_string(i)) + "\r\n\r\n");
      co_await std::move(saying);
    }
    auto answering = storm.back().answer();
    refused = co_await std::move(answering);
    Visitor right(*server.site);
    for (int i = 0; i < 20; ++i) {
      const auto begin = Clock::now();
      auto asking = right.ask("/", "Authorization: Basic " + base64("alice:wonderland") + "\r\n");
      answer = co_await std::move(asking);
      took.push_back(Clock::now() - begin);
    }
  };
  server.site->during(visit);
  CHECK(status_of(refused) == "503 Service Unavailable");
  CHECK(refused.find("\r\nRetry-After: 1\r\n") != std::string::npos);
  CHECK(status_of(answer) == "200 OK");
  std::ranges::sort(took);
  CHECK(took[took.size() / 2] < cost / 4);
}
