// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <lkdoctor/net/tls.hpp>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace lkdoctor::net {

/// A TLS client without a socket: bytes in, bytes out. Every certificate is taken; whether it is to be
/// trusted is asked afterwards.
class TlsEngine {
 public:
  enum class Step { done, wants_input, failed };

  explicit TlsEngine(TlsOptions options);
  TlsEngine(TlsEngine&&) noexcept;
  TlsEngine& operator=(TlsEngine&&) noexcept;
  ~TlsEngine();

  Step handshake();
  /// Appends what was decrypted to `into`. `failed` with an ok failure(): the peer said close_notify.
  Step read(std::vector<std::uint8_t>& into);
  Step write(std::span<const std::uint8_t> bytes);

  void feed(std::span<const std::uint8_t> bytes);
  std::vector<std::uint8_t> take();  ///< what is to be sent now

  NetOutcome failure() const;  ///< after `failed`; stage tls
  std::size_t hello_bytes() const;
  /// Everything but outcome and times. May be called at any time; gives what is known.
  void describe(TlsSession& into) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lkdoctor::net
