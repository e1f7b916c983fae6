// SPDX-License-Identifier: EUPL-1.2
#include "serve/password_process.hpp"

#include <crypt.h>
#include <openssl/crypto.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>

#include "engine/worker.hpp"

namespace lkdoctor::serve {
namespace {

namespace asio = boost::asio;

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
constexpr int kNicer = 10;  // than whoever answers requests

/// Both texts end in NUL.
struct Question {
  std::array<char, 64> hash;
  std::array<char, CRYPT_MAX_PASSPHRASE_SIZE> password;
};

/// False: the other side has ended.
bool receive_all(int socket, Question& into) {
  auto* at = reinterpret_cast<char*>(&into);
  for (std::size_t left = sizeof into; left > 0;) {
    const ssize_t got = recv(socket, at, left, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    at += got;
    left -= static_cast<std::size_t>(got);
  }
  return true;
}

bool matches_hash(const Question& question) {
  static crypt_data data;  // 32 KB; the process has nothing else to do with it
  std::memset(&data, 0, sizeof data);
  const char* found = crypt_r(question.password.data(), question.hash.data(), &data);
  const std::size_t size = std::strlen(question.hash.data());
  return found != nullptr && found[0] == '$' && std::strlen(found) == size &&
         CRYPTO_memcmp(found, question.hash.data(), size) == 0;
}

[[noreturn]] void answer_all(int socket) noexcept {
  prctl(PR_SET_NAME, "lkdoctor-login");
  setpriority(PRIO_PROCESS, 0, kNicer);
  static Question question;
  while (receive_all(socket, question)) {
    const char answer = matches_hash(question) ? 'y' : 'n';
    OPENSSL_cleanse(&question, sizeof question);
    if (send(socket, &answer, 1, MSG_NOSIGNAL) != 1) break;
  }
  _exit(0);
}

}  // namespace

PasswordProcess::PasswordProcess(asio::io_context& context) : socket_(context) {
  std::array<int, 2> pair{};
  const auto fail = [](const char* what) { throw std::system_error(errno, std::generic_category(), what); };
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0) fail("socketpair");
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) {
    engine::confine_worker(pair[1], parent, {});
    answer_all(pair[1]);
  }
  const int error = errno;
  close(pair[1]);
  socket_.assign(asio::local::stream_protocol(), pair[0]);
  if (pid_ > 0) return;
  errno = error;
  fail("fork");
}

PasswordProcess::~PasswordProcess() {
  kill(pid_, SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

asio::awaitable<std::optional<bool>> PasswordProcess::matches(std::string hash, Secret password) {
  Question question{};
  const std::string& text = password.reveal();
  // crypt(3) would take it for what stands before the NUL.
  const bool fits = hash.size() < question.hash.size() && text.size() < question.password.size() &&
                    text.find('\0') == std::string::npos;
  if (!fits) co_return false;
  std::ranges::copy(hash, question.hash.begin());
  std::ranges::copy(text, question.password.begin());
  const auto whole = asio::buffer(&question, sizeof question);
  const auto [unsent, sent] = co_await asio::async_write(socket_, whole, kNoThrow);
  OPENSSL_cleanse(&question, sizeof question);
  if (unsent) co_return std::nullopt;
  char answer = 0;
  const auto into = asio::buffer(&answer, 1);
  const auto [unheard, heard] = co_await asio::async_read(socket_, into, kNoThrow);
  if (unheard) co_return std::nullopt;
  co_return answer == 'y';
}

}  // namespace lkdoctor::serve
