// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <deque>
#include <lkdoctor/proto/data_channel.hpp>

#include "proto/dcep.hpp"
#include "proto/sctp_stack.hpp"

namespace lkdoctor::proto {
namespace {

constexpr Milliseconds kTick{10};                // the library's own timers have this grain
constexpr std::size_t kQueueLimit = 1'024;       // packets or messages that nobody takes
constexpr std::size_t kLongestMessage = 65'536;  // a=max-message-size that we announce
constexpr std::size_t kChannelLimit = 32;

}  // namespace

struct DataChannels::Inner : SctpListener {
  struct Channel {
    DataChannel shown;
    ChannelOptions options;
    bool announced = false;  // DATA_CHANNEL_OPEN is written
  };
  bool client;
  SctpState state = SctpState::connecting;
  bool started = false;
  Clock::time_point now;
  std::deque<Bytes> packets;
  std::deque<DataMessage> messages;
  std::deque<Channel> channels;
  std::uint16_t next_stream;
  SctpSocket sctp;  // last: its end calls back into the members above

  Inner(bool dtls_client, std::uint16_t port)
      : client(dtls_client), next_stream(dtls_client ? 0 : 1), sctp(*this, port) {}

  void on_packet(ByteView packet) override {
    if (packets.size() < kQueueLimit) packets.emplace_back(packet.begin(), packet.end());
  }
  void on_open() override { state = SctpState::open; }
  void on_lost() override { state = SctpState::closed; }
  void on_message(std::uint16_t stream, std::uint32_t protocol, ByteView message) override;
  void on_dcep(std::uint16_t stream, ByteView message);
  void announce();
  Channel* channel(std::uint16_t stream);
};

DataChannels::Inner::Channel* DataChannels::Inner::channel(std::uint16_t stream) {
  const auto found = std::ranges::find(channels, stream, [](const Channel& one) { return one.shown.stream; });
  return found == channels.end() ? nullptr : &*found;
}

void DataChannels::Inner::on_message(std::uint16_t stream, std::uint32_t protocol, ByteView message) {
  if (protocol == ppid::kDcep) return on_dcep(stream, message);
  if (messages.size() == kQueueLimit || message.size() > kLongestMessage) return;
  const bool text = protocol == ppid::kString || protocol == ppid::kEmptyString;
  const bool empty = protocol == ppid::kEmptyString || protocol == ppid::kEmptyBinary;
  messages.push_back({stream, !text, empty ? Bytes{} : Bytes(message.begin(), message.end())});
}

void DataChannels::Inner::on_dcep(std::uint16_t stream, ByteView message) {
  const auto dcep = decode_dcep(message);
  if (!dcep) return;
  Channel* known = channel(stream);
  if (dcep->acknowledges) {
    if (known != nullptr && known->shown.ours) known->shown.open = true;
    return;
  }
  if (known != nullptr || channels.size() == kChannelLimit) return;
  channels.push_back({{stream, dcep->label, false, true}, dcep->options, true});
  // The library must not be called from its own callback: the answer is written by announce().
  channels.back().announced = false;
}

/// Writes what waits: our DATA_CHANNEL_OPENs, and acknowledgements of the peer's.
void DataChannels::Inner::announce() {
  if (state != SctpState::open) return;
  for (Channel& one : channels) {
    if (one.announced) continue;
    const Bytes message = one.shown.ours ? encode_dcep_open(one.shown.label, one.options) : encode_dcep_ack();
    // RFC 8832 §6: DCEP messages are ordered and reliable whatever the channel is.
    one.announced = sctp.send(one.shown.stream, ppid::kDcep, message, true, std::nullopt);
  }
}

DataChannels::DataChannels(bool dtls_client, std::uint16_t port)
    : inner_(std::make_unique<Inner>(dtls_client, port)) {}
DataChannels::~DataChannels() = default;

void DataChannels::start(Clock::time_point now) {
  if (inner_->started) return;
  inner_->started = true;
  inner_->now = now;
  SctpStack::instance().advance(now);
  inner_->sctp.connect();
}

void DataChannels::feed(ByteView packet, Clock::time_point now) {
  if (inner_->state == SctpState::closed) return;
  inner_->now = now;
  SctpStack::instance().advance(now);
  inner_->sctp.feed(packet);
  inner_->announce();
}

std::optional<Bytes> DataChannels::take() {
  if (inner_->packets.empty()) return std::nullopt;
  Bytes packet = std::move(inner_->packets.front());
  inner_->packets.pop_front();
  return packet;
}

std::optional<Clock::time_point> DataChannels::next_timer() const {
  if (!inner_->started || inner_->state == SctpState::closed) return std::nullopt;
  return inner_->now + kTick;
}

void DataChannels::on_timer(Clock::time_point now) {
  inner_->now = now;
  SctpStack::instance().advance(now);
  inner_->announce();
}

SctpState DataChannels::state() const {
  return inner_->state;
}

// RFC 8832 §6: the DTLS client opens even streams, the server odd ones.
std::uint16_t DataChannels::open(std::string_view label, ChannelOptions options) {
  const std::uint16_t stream = inner_->next_stream;
  inner_->next_stream = static_cast<std::uint16_t>(stream + 2);
  inner_->channels.push_back({{stream, std::string(label), true, false}, options, false});
  inner_->announce();
  return stream;
}

std::vector<DataChannel> DataChannels::channels() const {
  std::vector<DataChannel> all;
  for (const auto& one : inner_->channels) all.push_back(one.shown);
  return all;
}

const DataChannel* DataChannels::find(std::string_view label) const {
  for (const auto& one : inner_->channels) {
    if (one.shown.label == label) return &one.shown;
  }
  return nullptr;
}

bool DataChannels::send(std::uint16_t stream, ByteView data, bool binary) {
  const auto* channel = inner_->channel(stream);
  if (inner_->state != SctpState::open || channel == nullptr || data.size() > kLongestMessage) return false;
  const Bytes nothing(1, 0);  // RFC 8831 §6.6: SCTP has no empty message; one zero byte stands for it
  const std::uint32_t protocol = data.empty() ? (binary ? ppid::kEmptyBinary : ppid::kEmptyString)
                                              : (binary ? ppid::kBinary : ppid::kString);
  return inner_->sctp.send(stream, protocol, data.empty() ? ByteView(nothing) : data,
                           channel->options.ordered, channel->options.max_retransmits);
}

std::optional<DataMessage> DataChannels::receive() {
  if (inner_->messages.empty()) return std::nullopt;
  DataMessage message = std::move(inner_->messages.front());
  inner_->messages.pop_front();
  return message;
}

void DataChannels::close() {
  inner_->state = SctpState::closed;
}

}  // namespace lkdoctor::proto
