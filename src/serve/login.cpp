// SPDX-License-Identifier: EUPL-1.2
#include "serve/login.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <stdexcept>

namespace lkdoctor::serve {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using Digest = std::array<unsigned char, 32>;
using Key = std::array<unsigned char, 32>;

constexpr int kUsualCost = 10;

/// With their lengths, so that no two triples read the same.
Digest digest_of(const Key& key, std::string_view name, std::string_view hash, std::string_view password) {
  std::string text;
  for (const std::string_view part : {name, hash, password}) text += fmt::format("{}:{}", part.size(), part);
  Digest out{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), out.data(), &size);
  OPENSSL_cleanse(text.data(), text.size());
  return out;
}

/// Whom one user may have as addresses.
std::string neighbourhood(const std::string& address) {
  std::array<unsigned char, 16> bytes{};
  if (inet_pton(AF_INET6, address.c_str(), bytes.data()) != 1) return address;
  return {bytes.begin(), bytes.begin() + 8};
}

/// One password that is being compared, and those who wait for it.
struct Job {
  Digest digest{};
  std::string hash, from;
  Secret password;
  std::size_t waiting = 0;
  bool begun = false;
  std::optional<Login::Answer> answer;
  net::Bell done;
};

}  // namespace

std::string decoy(const Login::Users& users) {
  int cost = users.empty() ? kUsualCost : 4;
  for (const auto& [name, hash] : users)
    cost = std::max(cost, bcrypt_cost(hash.reveal()).value_or(kUsualCost));
  return fmt::format("$2b${:02}$......................................................", cost).substr(0, 60);
}

struct Login::State : std::enable_shared_from_this<State> {
  explicit State(asio::io_context& io) : context(io) {
    if (RAND_bytes(key.data(), static_cast<int>(key.size())) != 1)
      throw std::runtime_error("no random bytes");
  }

  bool remembers(const Digest& digest) {
    const auto found = std::ranges::find(right, digest);
    if (found == right.end()) return false;
    right.splice(right.begin(), right, found);
    return true;
  }

  void remember(const Digest& digest) {
    right.push_front(digest);
    if (right.size() > kMostRemembered) right.pop_back();
  }

  /// Null: too many wait.
  std::shared_ptr<Job> job_for(const Digest& digest, std::string hash, Secret password, std::string from) {
    const auto same = std::ranges::find_if(jobs, [&](const auto& job) { return job->digest == digest; });
    if (same != jobs.end()) return *same;
    from = neighbourhood(from);
    const auto of_one = std::ranges::count_if(jobs, [&](const auto& job) { return job->from == from; });
    if (jobs.size() >= kMostWaiting || static_cast<std::size_t>(of_one) >= kMostWaitingOfOne) return nullptr;
    auto job = std::make_shared<Job>();
    job->digest = digest;
    job->hash = std::move(hash);
    job->password = std::move(password);
    job->from = std::move(from);
    jobs.push_back(job);
    if (!working) start();
    return job;
  }

  void start() {
    working = true;
    const auto ended_with = [state = shared_from_this()](const std::exception_ptr& failed) {
      if (failed) state->give_up();
    };
    asio::co_spawn(context, work(shared_from_this()), ended_with);
  }

  /// There can be no process: whoever waits must not wait for ever.
  void give_up() {
    working = false;
    for (const auto& job : std::exchange(jobs, {})) {
      job->answer = Answer::busy;
      job->done.ring();
    }
  }

  /// Compares until nobody waits.
  static awaitable<void> work(std::shared_ptr<State> state) {
    while (!state->jobs.empty() && !state->ended) {
      const std::shared_ptr<Job> job = state->jobs.front();
      job->begun = true;
      auto comparing = compare(state, job->hash, job->password);
      const std::optional<bool> same = co_await std::move(comparing);
      ++state->compared;
      job->answer = !same ? Answer::busy : *same ? Answer::right : Answer::wrong;
      if (same && *same) state->remember(job->digest);
      std::erase(state->jobs, job);
      job->done.ring();
    }
    state->working = false;
  }

  /// A process that is gone is replaced once.
  static awaitable<std::optional<bool>> compare(std::shared_ptr<State> state, std::string hash,
                                                Secret password) {
    for (int tries = 0; tries < 2; ++tries) {
      if (!state->process) state->process = std::make_unique<PasswordProcess>(state->context);
      auto asking = state->process->matches(hash, password);
      const std::optional<bool> same = co_await std::move(asking);
      if (same) co_return same;
      state->process.reset();
    }
    co_return std::nullopt;
  }

  /// Nobody waits any longer for a job that has not begun.
  void leave(const std::shared_ptr<Job>& job) {
    --job->waiting;
    if (job->waiting == 0 && !job->begun) std::erase(jobs, job);
  }

  asio::io_context& context;
  Key key{};
  std::unique_ptr<PasswordProcess> process;
  std::deque<std::shared_ptr<Job>> jobs;
  std::list<Digest> right;  ///< the last used first
  std::uint64_t compared = 0;
  bool working = false, ended = false;
};

Login::Login(asio::io_context& context) : state_(std::make_shared<State>(context)) {}
Login::~Login() {
  state_->ended = true;
}

void Login::prepare() {
  if (!state_->process) state_->process = std::make_unique<PasswordProcess>(state_->context);
}

awaitable<Login::Answer> Login::check(std::shared_ptr<const Users> users, std::string name, Secret password,
                                      std::string from) {
  const auto state = state_;
  const auto user = users->find(name);
  const bool known = user != users->end();
  std::string hash = known ? user->second.reveal() : decoy(*users);
  const Digest digest = digest_of(state->key, name, hash, password.reveal());
  if (known && state->remembers(digest)) co_return Answer::right;
  const auto job = state->job_for(digest, std::move(hash), std::move(password), std::move(from));
  if (!job) co_return Answer::busy;
  ++job->waiting;
  struct Leaving {
    State& state;
    const std::shared_ptr<Job>& job;
    ~Leaving() { state.leave(job); }
  } const leaving{*state, job};
  while (!job->answer) co_await job->done.wait(Deadline::max());
  co_return known ? *job->answer : *job->answer == Answer::right ? Answer::wrong : *job->answer;
}

std::uint64_t Login::compared() const noexcept {
  return state_->compared;
}
std::size_t Login::waiting() const noexcept {
  return state_->jobs.size();
}
pid_t Login::process() const noexcept {
  return state_->process ? state_->process->id() : 0;
}

}  // namespace lkdoctor::serve
