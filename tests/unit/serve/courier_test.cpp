// SPDX-License-Identifier: EUPL-1.2
#include "serve/courier.hpp"

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <lkdoctor/version.hpp>

#include "hook.hpp"
#include "support/run.hpp"

using namespace lkdoctor;
using namespace lkdoctor::serve;
using namespace std::chrono_literals;
using test::Hook;
using test::posted_body;
using Kind = Receiver::Kind;

namespace {

/// What has been answered, by receiver. The clock stands until a test moves it.
struct Round {
  explicit Round(std::vector<Receiver> receivers) : courier(std::move(receivers)) {}

  void send(std::size_t receiver, const std::string& body) {
    const auto answer = [this, receiver](const Delivered& delivered, Clock::time_point) {
      answers[receiver] = delivered;
    };
    courier.send(receiver, {body}, answer, now);
  }
  Delivered answer(std::size_t receiver) {
    while (!answers.contains(receiver)) {
      test::wait_for(courier.fd());
      courier.advance(now);
    }
    return answers.extract(receiver).mapped();
  }
  Delivered sent(std::size_t receiver, const std::string& body) {
    send(receiver, body);
    return answer(receiver);
  }

  Courier courier;
  Clock::time_point now = Clock::now();
  std::map<std::size_t, Delivered> answers;
};

Receiver at(const Endpoint& endpoint) {
  return {Kind::webhook, "http://" + text(endpoint), {}, {}};
}

/// What `post` says of an answer.
Delivered posted(const Receiver& receiver, int deadline_ms = 5000) {
  return test::run(post(receiver, "{}", test::in_ms(deadline_ms)));
}

/// True if it ends within 10 s.
bool ends(pid_t process) {
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, process, 0));
  if (pidfd < 0) return true;
  pollfd ended{pidfd, POLLIN, 0};
  const bool out = poll(&ended, 1, 10'000) == 1;
  close(pidfd);
  return out;
}

}  // namespace

TEST_CASE("a body is posted as it is, with what the receiver is to know the sender by") {
  const Hook hook;
  Round round({hook.receiver()});
  const Delivered delivered = round.sent(0, "{\"a\":\"\xc3\xa9\"}\n");
  CHECK(delivered.result.status == 200);
  CHECK(delivered.result.taken());
  CHECK(delivered.problem.empty());
  REQUIRE(hook.requests().size() == 1);
  CHECK(hook.requests()[0] == "POST /changes HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(hook.port()) +
                                  "\r\nUser-Agent: lkdoctor/" + std::string(version()) +
                                  "\r\nContent-Type: application/json\r\nConnection: close\r\n"
                                  "Authorization: Bearer " +
                                  test::kSecret + "\r\nContent-Length: 11\r\n\r\n{\"a\":\"\xc3\xa9\"}\n");
}

TEST_CASE("a body that no socket holds at once goes out whole") {
  const Hook hook;
  Round round({hook.receiver()});
  const std::string body(3'000'000, 'x');
  CHECK(round.sent(0, body).result.taken());
  CHECK((posted_body(hook.requests().at(0)) == body));
}

TEST_CASE("what is no yes is told with its status and the time to wait") {
  const auto answered = [](const std::string& head) {
    return posted(Hook({"HTTP/1.1 " + head + "\r\n\r\n"}).receiver());
  };
  const Delivered busy = answered("503 Busy\r\nRetry-After: 120\r\nContent-Length: 0");
  CHECK(busy.result.status == 503);
  CHECK(busy.result.retry_after == Milliseconds(120'000));
  CHECK(busy.problem == "it answers 503");
  CHECK_FALSE(answered("429 Slowly\r\nRetry-After: Wed, 21 Oct 2026 07:28:00 GMT\r\nContent-Length: 0")
                  .result.retry_after);
  const Delivered moved = answered("301 Elsewhere\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0");
  CHECK_FALSE(moved.result.taken());
  CHECK(moved.problem == "it answers 301, a redirect, which is not followed");
}

TEST_CASE("a receiver that is away, silent or no web server is told by the stage that was reached") {
  CHECK(posted(at(test::closed_port())).problem == "connect: connection refused");
  const test::FullBacklog full;
  CHECK(posted(at(full.endpoint()), 300).problem == "connect: no answer in time");
  const Hook hung({""});
  CHECK(posted(hung.receiver(), 300).problem == "response: no answer in time");
  CHECK(hung.requests().size() == 1);
  const Hook odd({"220 mail.uni.example ESMTP\r\n"});
  const Delivered no_http = posted(odd.receiver());
  CHECK(no_http.result.status == 0);
  CHECK(no_http.problem.starts_with("response: "));
}

TEST_CASE("where one address of a name is closed, the next one is asked") {
  const Hook hook;  // on 127.0.0.1 alone
  CHECK(posted({Kind::webhook, "http://localhost:" + std::to_string(hook.port()), {}, {}}).result.taken());
}

TEST_CASE("nothing is sent to a server whose certificate is not trusted") {
  const test::Identity authority = test::make_certificate({.common_name = "Uni CA", .authority = true});
  const test::Identity server = test::make_certificate({.names = {"IP:127.0.0.1"}}, &authority);
  const Hook hook({test::kTaken}, test::ServerTls{.identity = server});
  Receiver receiver{
      Kind::webhook, "https://127.0.0.1:" + std::to_string(hook.port()), Secret("Bearer x"), {}};
  const Delivered refused = posted(receiver);
  CHECK(refused.result.status == 0);
  CHECK(refused.problem == "tls: unable to get local issuer certificate");
  CHECK(hook.requests().empty());
  const test::PemFile trusted({authority.certificate});
  receiver.ca_file = trusted.path();
  CHECK(posted(receiver).result.taken());
}

TEST_CASE("a receiver that hangs does not hold up another one") {
  const Hook hung({""}), hook;
  Round round({hung.receiver(), hook.receiver()});
  round.send(0, "{}");
  for (int i = 0; i < 3; ++i) CHECK(round.sent(1, "{}").result.taken());
  CHECK(round.answers.empty());
  CHECK(round.courier.next_wake() == round.now + 15s);
}

TEST_CASE("what is under way when the child dies was not delivered, and its successor delivers") {
  const Hook hook({"", test::kTaken});
  Round round({hook.receiver()});
  round.send(0, "{}");
  while (hook.requests().empty()) std::this_thread::yield();
  kill(round.courier.child(), SIGKILL);
  const Delivered lost = round.answer(0);
  CHECK(lost.result.status == 0);
  CHECK(lost.problem == "lkdoctor's process for that has died");
  CHECK(round.courier.child() == -1);
  CHECK(round.courier.next_wake() == round.now + 1s);
  round.send(0, "{}");  // there is none yet
  CHECK(round.courier.next_wake() == round.now);
  round.courier.advance(round.now);
  CHECK(round.answers.extract(0).mapped().problem == "lkdoctor's process for that has died");
  round.now += 1s;
  round.courier.advance(round.now);
  CHECK(round.sent(0, "{}").result.taken());
  CHECK(round.courier.take_told() ==
        std::vector<std::string>{"the process that tells receivers has died; another one is started"});
}

TEST_CASE("a child that hangs is replaced") {
  const Hook hook;
  Round round({hook.receiver()});
  const pid_t first = round.courier.child();
  kill(first, SIGSTOP);
  round.send(0, "{}");
  round.now = round.courier.next_wake();
  round.courier.advance(round.now);
  CHECK(round.answers.extract(0).mapped().result.status == 0);
  round.now = round.courier.next_wake();
  round.courier.advance(round.now);
  CHECK(round.courier.child() != first);
  CHECK(round.sent(0, "{}").result.taken());
}

TEST_CASE("children that die again and again are started more and more rarely") {
  Round round({at(test::closed_port())});
  for (const auto pause : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
    kill(round.courier.child(), SIGKILL);
    test::wait_for(round.courier.fd());
    round.courier.advance(round.now);
    CHECK(round.courier.next_wake() == round.now + pause);
    round.now += pause;
    round.courier.advance(round.now);
  }
  CHECK(round.courier.take_told().size() == 1);
}

TEST_CASE("the child ends with its parent") {
  std::array<int, 2> pipe{};
  REQUIRE(::pipe(pipe.data()) == 0);
  const pid_t parent = fork();
  if (parent == 0) {
    const Courier courier({at({"127.0.0.1", 9})});
    const pid_t child = courier.child();
    _exit(write(pipe[1], &child, sizeof child) == sizeof child ? 0 : 1);
  }
  pid_t child = -1;
  REQUIRE(read(pipe[0], &child, sizeof child) == sizeof child);
  waitpid(parent, nullptr, 0);
  CHECK(ends(child));
  close(pipe[0]);
  close(pipe[1]);
}
