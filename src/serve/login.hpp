// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <list>
#include <lkdoctor/net/bell.hpp>
#include <map>

#include "serve/password_process.hpp"
#include "serve/response.hpp"
#include "serve/web_gate.hpp"

namespace lkdoctor::serve {

/// Who may ask. What was right once is remembered as a keyed digest, so that only a password that is new here
/// costs the time of bcrypt; what was wrong is not. A user that does not exist costs what one that does.
class Login {
 public:
  enum class Answer { right, wrong, busy };
  using Users = std::map<std::string, Secret, std::less<>>;  ///< bcrypt hashes by name

  static constexpr std::size_t kMostWaiting = 32;      ///< passwords to be compared
  static constexpr std::size_t kMostWaitingOfOne = 4;  ///< of them from one address (IPv6: one /64)
  static constexpr std::size_t kMostRemembered = 64;

  /// Forks a process at the first check(), or before by prepare().
  explicit Login(boost::asio::io_context& context);
  ~Login();
  Login(const Login&) = delete;
  Login& operator=(const Login&) = delete;

  /// Forks now, while this process is still small. Throws std::system_error.
  void prepare();

  /// `busy`: too many passwords are waiting. `from`: the client's numeric address.
  boost::asio::awaitable<Answer> check(std::shared_ptr<const Users> users, std::string name, Secret password,
                                       std::string from);

  /// How many passwords were compared so far.
  std::uint64_t compared() const noexcept;
  std::size_t waiting() const noexcept;
  pid_t process() const noexcept;  ///< 0: there is none yet

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// What a user that does not exist is compared with: a hash that no password has, at the cost of the dearest
/// one of those that do.
std::string decoy(const Login::Users& users);

/// Lets through to `handler` whoever the file in force lets in, without their password; 401 to others, 503
/// with Retry-After where too many passwords wait. Adds the file's headers to every answer.
Handler authenticated(std::shared_ptr<WebGate> gate, std::shared_ptr<Login> login, Handler handler);

}  // namespace lkdoctor::serve
