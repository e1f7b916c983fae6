// SPDX-License-Identifier: EUPL-1.2
#include "proto/sctp_stack.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <array>
#include <cstdlib>
#include <stdexcept>

#include "proto/sctp_gate.hpp"

#include <usrsctp.h>

namespace lkdoctor::proto {
namespace {

constexpr std::uint32_t kPathMtu = 1'100;  // an SCTP packet, so that a DTLS record of it fits 1200 bytes
constexpr std::uint16_t kStreams = 64;     // in each direction; a probe opens two or three

void* address_of(std::uintptr_t id) {
  return reinterpret_cast<void*>(id);  // NOLINT(performance-no-int-to-ptr): usrsctp's name for an association
}
std::uintptr_t id_of(const void* address) {
  return reinterpret_cast<std::uintptr_t>(address);
}

SctpListener* listener_of(const void* address) {
  return SctpStack::instance().find(id_of(address));
}

int write_packet(void* address, void* buffer, std::size_t length, std::uint8_t, std::uint8_t) {
  SctpListener* listener = listener_of(address);
  if (listener != nullptr) listener->on_packet({static_cast<const std::uint8_t*>(buffer), length});
  return 0;
}

void notify(SctpListener& listener, ByteView data) {
  sctp_assoc_change change{};
  if (data.size() < sizeof change) return;
  std::copy_n(data.begin(), sizeof change, reinterpret_cast<std::uint8_t*>(&change));
  if (change.sac_type != SCTP_ASSOC_CHANGE) return;
  if (change.sac_state == SCTP_COMM_UP) return listener.on_open();
  if (change.sac_state != SCTP_RESTART) listener.on_lost();
}

// `data` is ours to free; nullptr: the association is over.
int receive_message(struct socket*, union sctp_sockstore, void* data, std::size_t length,
                    struct sctp_rcvinfo info, int flags, void* ulp_info) {
  SctpListener* listener = listener_of(ulp_info);
  if (listener != nullptr && data == nullptr) listener->on_lost();
  if (listener != nullptr && data != nullptr) {
    const ByteView bytes(static_cast<const std::uint8_t*>(data), length);
    if ((flags & MSG_NOTIFICATION) != 0) {
      notify(*listener, bytes);
    } else {
      listener->on_message(info.rcv_sid, ntohl(info.rcv_ppid), bytes);
    }
  }
  std::free(data);  // NOLINT(cppcoreguidelines-no-malloc): usrsctp gave it
  return 1;
}

template <class Option>
void set(struct socket* of, int name, const Option& option) {
  if (usrsctp_setsockopt(of, IPPROTO_SCTP, name, &option, sizeof option) != 0) {
    throw std::runtime_error("usrsctp refuses an option");
  }
}

sockaddr_conn name_of(std::uintptr_t id, std::uint16_t port) {
  sockaddr_conn name{};
  name.sconn_family = AF_CONN;
  name.sconn_port = htons(port);
  name.sconn_addr = address_of(id);
  return name;
}

}  // namespace

SctpStack::SctpStack() {
  usrsctp_init_nothreads(0, write_packet, nullptr);
  usrsctp_sysctl_set_sctp_ecn_enable(0);  // there is no IP header to carry it
  // What data channels do not use (RFC 8831 §5) is not offered: less that a peer can reach.
  usrsctp_sysctl_set_sctp_asconf_enable(0);
  usrsctp_sysctl_set_sctp_auth_enable(0);
  usrsctp_sysctl_set_sctp_nrsack_enable(0);
  usrsctp_sysctl_set_sctp_pktdrop_enable(0);
  // A path that loses packets must cost tenths of a second, not three.
  usrsctp_sysctl_set_sctp_rto_initial_default(300);
  usrsctp_sysctl_set_sctp_rto_min_default(100);
  usrsctp_sysctl_set_sctp_rto_max_default(1'000);
  usrsctp_sysctl_set_sctp_init_rto_max_default(1'000);
  usrsctp_sysctl_set_sctp_delayed_sack_time_default(20);
  // It is our caller's deadline that ends an association, not a number of losses.
  usrsctp_sysctl_set_sctp_init_rtx_max_default(100);
  usrsctp_sysctl_set_sctp_assoc_rtx_max_default(100);
  usrsctp_sysctl_set_sctp_path_rtx_max_default(100);
  usrsctp_sysctl_set_sctp_nr_outgoing_streams_default(kStreams);
}

SctpStack& SctpStack::instance() {
  static SctpStack stack;  // the library itself is one per process
  return stack;
}

std::uintptr_t SctpStack::add(SctpListener& listener) {
  const std::uintptr_t id = next_++;
  listeners_[id] = &listener;
  return id;
}

void SctpStack::remove(std::uintptr_t id) {
  listeners_.erase(id);
}

SctpListener* SctpStack::find(std::uintptr_t id) const {
  const auto found = listeners_.find(id);
  return found == listeners_.end() ? nullptr : found->second;
}

void SctpStack::advance(Clock::time_point now) {
  const auto passed = last_ ? std::chrono::floor<Milliseconds>(now - *last_) : Milliseconds(0);
  if (last_ && passed.count() <= 0) return;
  last_ = last_ ? *last_ + passed : now;
  usrsctp_handle_timers(static_cast<std::uint32_t>(std::min<std::int64_t>(passed.count(), 10'000)));
}

SctpSocket::SctpSocket(SctpListener& listener, std::uint16_t port)
    : id_(SctpStack::instance().add(listener)), port_(port) {
  usrsctp_register_address(address_of(id_));
  socket_ = usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, receive_message, nullptr, 0, address_of(id_));
  try {
    if (socket_ == nullptr) throw std::runtime_error("usrsctp gives no socket");
    prepare();
  } catch (const std::exception&) {
    if (socket_ != nullptr) usrsctp_close(socket_);
    usrsctp_deregister_address(address_of(id_));
    SctpStack::instance().remove(id_);
    throw;
  }
}

void SctpSocket::prepare() {
  usrsctp_set_non_blocking(socket_, 1);
  // Without it the library keeps an association after close() and never gives its memory back.
  linger at_once{1, 0};
  if (usrsctp_setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) != 0) {
    throw std::runtime_error("usrsctp refuses an option");
  }
  set(socket_, SCTP_NODELAY, 1);
  sctp_event event{};
  event.se_assoc_id = SCTP_ALL_ASSOC;
  event.se_type = SCTP_ASSOC_CHANGE;
  event.se_on = 1;
  set(socket_, SCTP_EVENT, event);
  sctp_initmsg streams{};
  streams.sinit_num_ostreams = kStreams;
  streams.sinit_max_instreams = 2'048;
  set(socket_, SCTP_INITMSG, streams);
  sockaddr_conn name = name_of(id_, port_);
  if (usrsctp_bind(socket_, reinterpret_cast<sockaddr*>(&name), sizeof name) != 0) {
    throw std::runtime_error("usrsctp refuses to bind");
  }
}

SctpSocket::~SctpSocket() {
  usrsctp_close(socket_);
  usrsctp_deregister_address(address_of(id_));
  SctpStack::instance().remove(id_);
}

void SctpSocket::connect() {
  sockaddr_conn name = name_of(id_, port_);
  usrsctp_connect(socket_, reinterpret_cast<sockaddr*>(&name), sizeof name);  // EINPROGRESS is the rule
  sctp_paddrparams path{};
  std::copy_n(reinterpret_cast<const std::uint8_t*>(&name), sizeof name,
              reinterpret_cast<std::uint8_t*>(&path.spp_address));
  path.spp_flags = SPP_PMTUD_DISABLE;
  path.spp_pathmtu = kPathMtu;
  set(socket_, SCTP_PEER_ADDR_PARAMS, path);
}

void SctpSocket::feed(ByteView packet) {
  if (!sctp_is_sound(packet)) return;
  usrsctp_conninput(address_of(id_), packet.data(), packet.size(), 0);
}

bool SctpSocket::send(std::uint16_t stream, std::uint32_t ppid, ByteView message, bool ordered,
                      std::optional<std::uint32_t> max_retransmits) {
  sctp_sendv_spa how{};
  how.sendv_flags = SCTP_SEND_SNDINFO_VALID;
  how.sendv_sndinfo.snd_sid = stream;
  how.sendv_sndinfo.snd_ppid = htonl(ppid);
  how.sendv_sndinfo.snd_flags = static_cast<std::uint16_t>(SCTP_EOR | (ordered ? 0 : SCTP_UNORDERED));
  if (max_retransmits) {
    how.sendv_flags |= SCTP_SEND_PRINFO_VALID;
    how.sendv_prinfo.pr_policy = SCTP_PR_SCTP_RTX;
    how.sendv_prinfo.pr_value = *max_retransmits;
  }
  const ssize_t sent =
      usrsctp_sendv(socket_, message.data(), message.size(), nullptr, 0, &how, sizeof how, SCTP_SENDV_SPA, 0);
  return sent == static_cast<ssize_t>(message.size());
}

}  // namespace lkdoctor::proto
