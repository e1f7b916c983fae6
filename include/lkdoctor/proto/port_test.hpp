// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <array>
#include <cstdint>
#include <lkdoctor/address.hpp>
#include <lkdoctor/bytes.hpp>
#include <lkdoctor/proto/port_test_keys.hpp>
#include <optional>
#include <span>
#include <vector>

/// The datagrams of the two-sided port test, without I/O. docs/port-test.md specifies them byte by byte.
namespace lkdoctor::proto {

/// A set of ports, `last` included.
struct Ports {
  std::uint16_t first = 0, last = 0;
  bool has(std::uint16_t port) const { return port >= first && port <= last; }
  std::size_t size() const { return std::size_t{1} + last - first; }
  friend bool operator==(const Ports&, const Ports&) = default;
};

inline constexpr std::array<std::uint8_t, 4> kPortTestMagic{0xf4, 'L', 'K', 'D'};
inline constexpr std::uint8_t kPortTestVersion = 1;
inline constexpr std::uint16_t kResponderPort = 17881;
/// Beyond what any path carries in one piece; longer datagrams are none of ours.
inline constexpr std::size_t kLongestPortTest = 9000;
inline constexpr std::size_t kPortTestMacBytes = 16;
inline constexpr std::size_t kMostServedRanges = 8;
/// Ports of one tally or slice: their bits fit a datagram that every path carries.
inline constexpr std::size_t kMostPortsAsked = 8000;

using Nonce = std::array<std::uint8_t, 16>;
using SessionId = std::array<std::uint8_t, 8>;

enum class PortTestKind : std::uint8_t {
  greeting = 1,  ///< client: here I am, with this key
  welcome = 2,   ///< responder: your session
  probe = 3,     ///< client: does this port let me in?
  echo = 4,      ///< responder: it did, and I saw you as …
  tally = 5,     ///< client: which of these ports did I reach?
  tallied = 6,   ///< responder: these
  slice = 7,     ///< client: make these ports answer
  sliced = 8,    ///< responder: they do, but for these that are in use
  later = 9,     ///< client: answer this after a while
  late = 10,     ///< responder: this is it
};

enum class ResponderMode : std::uint8_t { raw = 1, bound = 2 };

/// What every datagram begins with.
struct PortTestHead {
  PortTestKind kind = PortTestKind::probe;
  std::uint16_t port = 0;  ///< of the responder, as the sender knows it: behind a NAT the two differ
  std::array<std::uint8_t, 8> id{};  ///< of the key in greeting and welcome, of the session elsewhere
  std::uint32_t sequence = 0;        ///< never twice in a session; an answer has its request's
};

struct Greeting {
  Nonce client{};
  std::uint32_t minutes = 0;  ///< since 1970 (UTC), so that one that was heard is not good for long
};
/// A greeting is good for this many minutes before and after its time.
inline constexpr std::uint32_t kGreetingHolds = 10;

struct Welcome {
  Nonce client{}, server{};
  SessionId session{};
  ResponderMode mode = ResponderMode::raw;
  Endpoint seen_from;              ///< the client, as the responder sees it
  std::uint16_t seconds_left = 0;  ///< until the responder ends
  std::uint16_t slice = 0;         ///< most ports that answer at one time; 0: all of them
  std::vector<Ports> serves;       ///< at most kMostServedRanges
  std::string at = {};  ///< the responder's address where the greeting came in; empty: it does not tell
};

struct Echo {
  Endpoint seen_from;
};

struct Later {
  std::uint16_t seconds = 0;  ///< at most kLatest
};

/// Of tally and slice.
struct PortsAsked {
  Ports ports;
};

/// Of tallied (a bit: it was reached) and sliced (a bit: it does not answer, since somebody else has it).
struct PortsMarked {
  Ports ports;
  std::vector<bool> marks;     ///< one for each port
  bool busy = false;           ///< sliced: none answers, another session has its slice
  bool some_unopened = false;  ///< sliced: of the marked ones some cannot be opened, whoever has them
  bool some_kept = false;      ///< tallied: its own host let some answers of this session not out
  /// tallied, where it was asked for and the responder can tell: came in at an interface of its host, and at
  /// no socket. One for each port; empty: not told.
  std::vector<bool> at_interface = {};
};

/// Asked for as a slice: lets go of what the session has.
inline constexpr Ports kNoSlice{0, 0};

/// Length of the request, so that the answer is never longer.
inline constexpr std::size_t kGreetingBytes = 160;
inline constexpr std::size_t kShortestProbe = 56;
/// Longest that an answer may be asked to wait: beyond what stateful firewalls keep of UDP.
inline constexpr std::uint16_t kLatest = 300;
/// REQUIRES: ports.size() <= kMostPortsAsked.
std::size_t bytes_to_ask(const Ports& ports);
/// Of a tally that is as long, the answer says `at_interface`, too. Up to kMostPortsTraced make it no longer
/// than kMostPortsAsked make the other.
std::size_t bytes_to_trace(const Ports& ports);
inline constexpr std::size_t kMostPortsTraced = 4000;

/// nullopt: none of ours (length, magic, version, kind). Looks at nothing that a MAC covers.
std::optional<PortTestHead> peek_port_test(ByteView datagram);
/// Constant in time.
bool mac_ok(ByteView datagram, const PortTestKey& key);

/// Each reads the body of a datagram whose MAC was found right; nullopt: not of this kind, or malformed.
std::optional<Greeting> read_greeting(ByteView datagram);
std::optional<Welcome> read_welcome(ByteView datagram);
std::optional<Echo> read_echo(ByteView datagram);
std::optional<Echo> read_late(ByteView datagram);
std::optional<Later> read_later(ByteView datagram);
std::optional<PortsAsked> read_asked(ByteView datagram);
std::optional<PortsMarked> read_marked(ByteView datagram);

Bytes write_greeting(const PortTestHead& head, const Greeting& body, const PortTestKey& key);
/// REQUIRES: at most kMostServedRanges.
Bytes write_welcome(const PortTestHead& head, const Welcome& body, const PortTestKey& key);
/// Padded to `length`, at least kShortestProbe.
Bytes write_probe(const PortTestHead& head, std::size_t length, const PortTestKey& key);
/// As long as the probe that it answers.
Bytes write_echo(const PortTestHead& head, const Echo& body, std::size_t length, const PortTestKey& key);
/// At least kShortestProbe, as it is answered with an echo's body.
Bytes write_later(const PortTestHead& head, const Later& body, const PortTestKey& key);
/// As long as the request that it answers.
Bytes write_late(const PortTestHead& head, const Echo& body, std::size_t length, const PortTestKey& key);
/// head.kind: tally or slice. Padded to `length`, at least that of the answer.
/// REQUIRES: body.ports.size() <= kMostPortsAsked.
Bytes write_asked(const PortTestHead& head, const PortsAsked& body, const PortTestKey& key,
                  std::size_t length = 0);
/// head.kind: tallied or sliced. REQUIRES: as many marks as ports.
Bytes write_marked(const PortTestHead& head, const PortsMarked& body, const PortTestKey& key);

/// Ports of the range at which a responder hears greetings, so that kResponderPort may be closed: evenly
/// spread, both ends among them.
std::vector<std::uint16_t> greeting_ports(const Ports& range);

/// Refuses what was seen before, or is older than the newest by more than its size: RFC 4303 §3.4.3.
class ReplayWindow {
 public:
  /// True once for each number.
  bool take(std::uint32_t sequence);
  /// It would be refused.
  bool has(std::uint32_t sequence) const;

 private:
  static constexpr std::uint32_t kSize = 16384;
  std::vector<bool> seen_ = std::vector<bool>(kSize);
  std::uint32_t newest_ = 0;
  bool any_ = false;
};

}  // namespace lkdoctor::proto
