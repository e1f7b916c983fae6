// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <lkdoctor/bytes.hpp>
#include <lkdoctor/clock.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Data channels (RFC 8831, RFC 8832): SCTP packets in and out, to be carried by Dtls. No I/O.
namespace lkdoctor::proto {

enum class SctpState { connecting, open, closed };

/// RFC 8832 §5.1.
struct ChannelOptions {
  bool ordered = true;
  std::optional<std::uint32_t> max_retransmits;  ///< nullopt: reliable
};

struct DataChannel {
  std::uint16_t stream = 0;
  std::string label;
  bool ours = false;  ///< opened by us
  bool open = false;  ///< ours: the peer has acknowledged it
};

struct DataMessage {
  std::uint16_t stream = 0;
  bool binary = true;
  Bytes data;
};

/// One SCTP association with its channels. The SCTP stack is one per process: use it on one thread. `now`
/// must follow the real clock: the stack compares it with its own.
///
///   channels.start(now); every packet of take() goes through Dtls::write; every record of Dtls::read
///   through feed(); on_timer(next_timer()) drives retransmission
class DataChannels {
 public:
  /// `dtls_client`: who opens which stream numbers (RFC 8832 §6). `port`: a=sctp-port of both sides.
  explicit DataChannels(bool dtls_client, std::uint16_t port = 5000);
  DataChannels(const DataChannels&) = delete;
  DataChannels& operator=(const DataChannels&) = delete;
  ~DataChannels();

  void start(Clock::time_point now);
  void feed(ByteView packet, Clock::time_point now);
  std::optional<Bytes> take();
  /// When on_timer() wants to be called; nullopt: closed.
  std::optional<Clock::time_point> next_timer() const;
  void on_timer(Clock::time_point now);

  SctpState state() const;
  /// Asks for a channel; it is written as soon as the association is open.
  std::uint16_t open(std::string_view label, ChannelOptions options = {});
  std::vector<DataChannel> channels() const;
  const DataChannel* find(std::string_view label) const;
  /// False: the association is not open, or the stack takes no more now.
  bool send(std::uint16_t stream, ByteView data, bool binary = true);
  std::optional<DataMessage> receive();
  /// Ends the association at once (ABORT).
  void close();

 private:
  struct Inner;
  std::unique_ptr<Inner> inner_;
};

}  // namespace lkdoctor::proto
