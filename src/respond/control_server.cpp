// SPDX-License-Identifier: EUPL-1.2
#include "respond/control_server.hpp"

#include <algorithm>
#include <list>
#include <map>

#include "respond/control_line.hpp"
#include "respond/each_second.hpp"
#include "respond/listeners.hpp"

namespace lkdoctor::respond {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kMostConnections = 16;

std::vector<Tcp::endpoint> endpoints_of(const ControlServerSettings& settings) {
  std::vector<Tcp::endpoint> out;
  for (const std::string& host : settings.livekit_hosts) {
    boost::system::error_code error;
    const auto address = asio::ip::make_address(host, error);
    if (!error && settings.livekit_port) out.emplace_back(address, *settings.livekit_port);
  }
  return out;
}

}  // namespace

struct ControlServer::State {
  State(asio::io_context& io, const ControlServerSettings& settings, KeyRing& keys)
      : listeners(io, settings.address, settings.port, settings.others),
        tls(keys),
        livekit(endpoints_of(settings)),
        lease(io, [this] { return !desk->lapse(Clock::now()); }) {}

  /// One that fails is no reason to serve nobody.
  void take(Tcp::socket socket) {
    boost::system::error_code error;
    const Endpoint from = plain(socket.remote_endpoint(error));
    if (error) return;
    try {
      admit(std::move(socket), from);
    } catch (const std::exception& failure) {
      desk->failed(from, failure.what());
    }
  }

  void admit(Tcp::socket socket, const Endpoint& from) {
    if (!desk->admits(from, Clock::now()) || !make_room()) return;
    boost::system::error_code error;
    socket.set_option(Tcp::no_delay(true), error);
    auto line = std::make_shared<ControlLine>(std::move(socket), tls, *desk, from);
    lines.push_back(line);
    run(line, livekit);
  }

  /// Who has not shown a key goes first: the oldest of the network that has the most of them.
  bool make_room() {
    std::erase_if(lines, [](const auto& one) { return one.expired() || one.lock()->closed(); });
    if (lines.size() < kMostConnections) return true;
    std::map<std::string, std::size_t> strangers;
    const auto network_of = [](const auto& one) { return neighbourhood(one.lock()->talk.from().address); };
    const auto is_stranger = [](const auto& one) { return !one.lock()->talk.authenticated(); };
    for (const auto& one : lines) strangers[network_of(one)] += is_stranger(one) ? 1 : 0;
    const auto most = std::ranges::max_element(strangers, {}, [](const auto& one) { return one.second; });
    if (most->second == 0) return false;
    const auto stranger = std::ranges::find_if(
        lines, [&](const auto& one) { return is_stranger(one) && network_of(one) == most->first; });
    const auto line = stranger->lock();
    line->talk.expire(Clock::now());
    line->close();
    lines.erase(stranger);
    return true;
  }

  Listeners listeners;
  PskContext tls;
  std::vector<Tcp::endpoint> livekit;
  EachSecond lease;
  std::list<std::weak_ptr<ControlLine>> lines;
  Desk* desk = nullptr;
};

ControlServer::ControlServer(asio::io_context& context, const ControlServerSettings& settings, KeyRing& keys)
    : state_(std::make_shared<State>(context, settings, keys)) {}

ControlServer::~ControlServer() {
  state_->listeners.close();
  for (const auto& weak : state_->lines) {
    if (const auto line = weak.lock()) line->close();
  }
}

void ControlServer::close() {
  state_->listeners.close();
  state_->lease.stop();
  for (const auto& weak : state_->lines) {
    const auto line = weak.lock();
    if (line && !line->closed()) dismiss(line);
  }
}

bool ControlServer::answers() const noexcept {
  return state_->listeners.has_own();
}

std::vector<TcpPort> ControlServer::others() const {
  return state_->listeners.others();
}

std::vector<std::uint16_t> ControlServer::hold() {
  state_->lease.start();
  return state_->listeners.hold();
}

void ControlServer::let_go() {
  state_->listeners.let_go();
}

void ControlServer::serve(Desk& desk) {
  state_->desk = &desk;
  state_->listeners.serve([weak = std::weak_ptr(state_)](Tcp::socket socket) {
    if (const auto state = weak.lock()) state->take(std::move(socket));
  });
}

}  // namespace lkdoctor::respond
