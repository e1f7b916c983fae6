// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/bytes.hpp>
#include <lkdoctor/clock.hpp>
#include <map>
#include <optional>

struct socket;  // usrsctp's

namespace lkdoctor::proto {

/// What an association tells its owner.
class SctpListener {
 public:
  virtual ~SctpListener() = default;
  virtual void on_packet(ByteView packet) = 0;
  virtual void on_message(std::uint16_t stream, std::uint32_t ppid, ByteView message) = 0;
  virtual void on_open() = 0;
  virtual void on_lost() = 0;
};

/// The library's global state, once per process: its timers, and who gets what it writes. Its callbacks carry
/// a number instead of an object's address, so that a late one finds nobody rather than freed memory.
class SctpStack {
 public:
  static SctpStack& instance();
  std::uintptr_t add(SctpListener& listener);
  void remove(std::uintptr_t id);
  SctpListener* find(std::uintptr_t id) const;
  /// Lets the library's timers know the time. All associations share it.
  void advance(Clock::time_point now);

 private:
  SctpStack();
  std::map<std::uintptr_t, SctpListener*> listeners_;
  std::uintptr_t next_ = 1;
  std::optional<Clock::time_point> last_;
};

/// One association over packets that its owner carries. Throws std::runtime_error if the library gives none.
class SctpSocket {
 public:
  SctpSocket(SctpListener& listener, std::uint16_t port);
  SctpSocket(const SctpSocket&) = delete;
  SctpSocket& operator=(const SctpSocket&) = delete;
  ~SctpSocket();

  void connect();
  void feed(ByteView packet);
  bool send(std::uint16_t stream, std::uint32_t ppid, ByteView message, bool ordered,
            std::optional<std::uint32_t> max_retransmits);

 private:
  void prepare();
  std::uintptr_t id_;
  std::uint16_t port_;
  struct socket* socket_ = nullptr;
};

}  // namespace lkdoctor::proto
