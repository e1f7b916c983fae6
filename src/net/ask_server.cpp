// SPDX-License-Identifier: EUPL-1.2
#include <ares.h>
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <lkdoctor/address.hpp>
#include <lkdoctor/bytes.hpp>
#include <lkdoctor/net/resolve.hpp>
#include <lkdoctor/net/tcp.hpp>
#include <lkdoctor/net/udp.hpp>
#include <lkdoctor/text.hpp>
#include <random>

#include "net/errors.hpp"

namespace lkdoctor::net {
namespace {

namespace asio = boost::asio;

constexpr std::uint16_t kDnsPort = 53;
constexpr Milliseconds kFirstPatience{1000};  // doubled with each repetition
constexpr int kTypeA = 1, kTypeAaaa = 28;     // RFC 1035 §3.2.2, RFC 3596 §2.1

enum class Rcode {
  no_error = 0,
  format = 1,
  server_failure = 2,
  name_error = 3,
  refused = 5
};  // RFC 1035 §4.1.1

struct Question {
  int type = kTypeA;
  std::uint16_t id = 0;
  Bytes packet;
  Bytes answer;  ///< empty: none yet
};

/// "198.51.100.53", "198.51.100.53:5353", "[2001:db8::53]:53", "2001:db8::53".
std::optional<Endpoint> server_endpoint(std::string_view text) {
  if (is_numeric_address(text)) return Endpoint{std::string(text), kDnsPort};
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size() || !is_numeric_address(host))
    return std::nullopt;
  return Endpoint{std::string(host), port};
}

std::optional<Question> make_question(const std::string& host, int type) {
  std::random_device random;
  Question question;
  question.type = type;
  question.id = static_cast<std::uint16_t>(random());
  unsigned char* packet = nullptr;
  int length = 0;
  if (ares_create_query(host.c_str(), ns_c_in, type, question.id, 1, &packet, &length, 1232) !=
      ARES_SUCCESS) {
    return std::nullopt;
  }
  question.packet.assign(packet, packet + length);
  ares_free_string(packet);
  return question;
}

/// Header of RFC 1035 §4.1.1: ID, flags (QR is the top bit, TC 0x0200, RCODE the lowest four), counts.
bool answers(const Question& question, ByteView packet) {
  Reader reader(packet);
  const std::uint16_t id = reader.u16();
  const std::uint16_t flags = reader.u16();
  reader.skip(8);
  return !reader.failed() && id == question.id && (flags & 0x8000U) != 0;
}
bool is_truncated(ByteView packet) {
  return packet.size() > 3 && (packet[2] & 0x02U) != 0;
}
Rcode rcode_of(ByteView packet) {
  return static_cast<Rcode>(packet[3] & 0x0fU);
}

void read_addresses(const Question& question, Resolution& into) {
  hostent* host = nullptr;
  const auto length = static_cast<int>(question.answer.size());
  const int status = question.type == kTypeA
                         ? ares_parse_a_reply(question.answer.data(), length, &host, nullptr, nullptr)
                         : ares_parse_aaaa_reply(question.answer.data(), length, &host, nullptr, nullptr);
  if (status != ARES_SUCCESS || host == nullptr) return;
  for (char** entry = host->h_addr_list; entry != nullptr && *entry != nullptr; ++entry) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (inet_ntop(host->h_addrtype, *entry, text.data(), text.size()) == nullptr) continue;
    std::string address = text.data();
    if (std::ranges::find(into.addresses, address) == into.addresses.end()) {
      into.addresses.push_back(std::move(address));
    }
  }
  if (host->h_name != nullptr) into.canonical_name = host->h_name;
  ares_free_hostent(host);
}

NetOutcome verdict(const std::vector<Question>& questions, const Resolution& found) {
  if (!found.addresses.empty()) return {};
  for (const Question& question : questions) {
    const Rcode rcode = rcode_of(question.answer);
    if (rcode == Rcode::name_error) return failed(Stage::resolve, NetError::name_not_found, "NXDOMAIN");
    if (rcode == Rcode::server_failure)
      return failed(Stage::resolve, NetError::name_server_failed, "SERVFAIL");
    if (rcode == Rcode::refused) return failed(Stage::resolve, NetError::name_server_failed, "REFUSED");
    if (rcode != Rcode::no_error) {
      return failed(Stage::resolve, NetError::name_server_failed,
                    "answer code " + std::to_string(static_cast<int>(rcode)));
    }
  }
  return failed(Stage::resolve, NetError::name_not_found, "the name has no address");
}

bool all_answered(const std::vector<Question>& questions) {
  return std::ranges::none_of(questions, [](const Question& question) { return question.answer.empty(); });
}

/// One round: sends what is unanswered, reads until all is answered or `until`. An ICMP error ends it.
asio::awaitable<NetOutcome> ask_round(UdpSocket* socket, Endpoint server, std::vector<Question>* questions,
                                      Deadline until) {
  for (const Question& question : *questions) {
    if (!question.answer.empty()) continue;
    const NetOutcome sent = co_await socket->send(server, question.packet);
    if (!sent.ok()) co_return sent;
  }
  while (!all_answered(*questions)) {
    Datagram got = co_await socket->receive(until);
    if (!got.outcome.ok()) co_return got.outcome;
    if (got.from != server) continue;
    for (Question& question : *questions) {
      if (question.answer.empty() && answers(question, got.bytes)) question.answer = got.bytes;
    }
  }
  co_return NetOutcome{};
}

asio::awaitable<NetOutcome> ask_by_udp(Endpoint server, std::vector<Question>* questions, Deadline deadline) {
  UdpSocket socket(family_of(server.address));
  NetOutcome outcome;
  for (Milliseconds patience = kFirstPatience; !all_answered(*questions); patience *= 2) {
    const Deadline round_end = earlier(Clock::now() + patience, deadline);
    outcome = co_await ask_round(&socket, server, questions, round_end);
    if (outcome.ok() || outcome.error != NetError::timed_out || Clock::now() >= deadline) break;
  }
  co_return outcome;
}

/// RFC 1035 §4.2.2: a two-byte length before each message.
asio::awaitable<NetOutcome> ask_by_tcp(Endpoint server, Question* question, Deadline deadline) {
  TcpStream stream;
  const Dialled dialled = co_await stream.connect(server, deadline);
  if (!dialled.outcome.ok()) co_return dialled.outcome;
  Writer framed;
  framed.u16(static_cast<std::uint16_t>(question->packet.size())).bytes(question->packet);
  const NetOutcome sent = co_await stream.send(framed.take(), deadline);
  if (!sent.ok()) co_return sent;
  Bytes received;
  while (true) {
    Reader reader(received);
    const std::size_t length = reader.u16();
    if (!reader.failed() && reader.left() >= length) break;
    const TcpStream::Received part = co_await stream.receive(65537, deadline);
    if (!part.outcome.ok()) co_return part.outcome;
    received.insert(received.end(), part.bytes.begin(), part.bytes.end());
  }
  question->answer.assign(received.begin() + 2, received.end());
  if (!answers(*question, question->answer)) {
    co_return failed(Stage::resolve, NetError::malformed, "the answer is not DNS");
  }
  co_return NetOutcome{};
}

NetOutcome as_resolve_error(NetOutcome outcome) {
  outcome.stage = Stage::resolve;
  if (outcome.error != NetError::timed_out && outcome.error != NetError::malformed) {
    outcome.error = NetError::name_server_failed;
  }
  return outcome;
}

}  // namespace

asio::awaitable<Resolution> ask_server(std::string server, std::string host, Deadline deadline) {
  const auto start = Clock::now();
  Resolution result;
  if (server.empty()) {
    const auto servers = system_name_servers();
    if (!servers.empty()) server = servers.front();
  }
  const auto endpoint = server_endpoint(server);
  auto a = make_question(host, kTypeA);
  auto aaaa = make_question(host, kTypeAaaa);
  if (!endpoint || !a || !aaaa) {
    result.outcome = failed(Stage::resolve, NetError::other, endpoint ? "not a host name" : "no name server");
    co_return result;
  }
  std::vector<Question> questions{std::move(*a), std::move(*aaaa)};
  NetOutcome outcome = co_await ask_by_udp(*endpoint, &questions, deadline);
  for (Question& question : questions) {
    if (!outcome.ok() || !is_truncated(question.answer)) continue;
    outcome = co_await ask_by_tcp(*endpoint, &question, deadline);
  }
  if (outcome.ok()) {
    for (const Question& question : questions) read_addresses(question, result);
    if (to_lower_ascii(result.canonical_name) == to_lower_ascii(host)) result.canonical_name.clear();
    result.outcome = verdict(questions, result);
  } else {
    result.outcome = as_resolve_error(outcome);
  }
  result.took = std::chrono::duration_cast<Microseconds>(Clock::now() - start);
  co_return result;
}

std::vector<std::string> system_name_servers() {
  std::vector<std::string> servers;
  std::ifstream file("/etc/resolv.conf");
  std::string line;
  while (std::getline(file, line) && servers.size() < 16) {
    std::string_view rest = trimmed(line);
    if (!rest.starts_with("nameserver") || rest.size() < 12) continue;
    rest = trimmed(rest.substr(10));
    rest = rest.substr(0, rest.find_first_of(" \t#;"));
    if (!rest.empty()) servers.emplace_back(rest);
  }
  return servers;
}

}  // namespace lkdoctor::net
