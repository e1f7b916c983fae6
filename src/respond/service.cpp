// SPDX-License-Identifier: EUPL-1.2
#include "respond/service.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/descriptor_base.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <lkdoctor/wall_clock.hpp>
#include <set>
#include <stdexcept>
#include <system_error>

#include "respond/control_server.hpp"
#include "respond/footprint.hpp"
#include "respond/front.hpp"
#include "respond/in_use.hpp"
#include "respond/progress.hpp"
#include "respond/tracer.hpp"
#include "respond/watched.hpp"

namespace lkdoctor::respond {
namespace {

namespace asio = boost::asio;
using asio::posix::stream_descriptor;

constexpr std::chrono::seconds kForGoodbyes{1};
constexpr int kAtOnce = 256;  // datagrams of one socket before others have their turn

}  // namespace

struct Service::State {
  State(ServiceSettings wanted, Tell tell)
      : settings(std::move(wanted)),
        responder(
            core(), [this](const proto::Ports& ports) { return hold(ports); }, tell),
        desk(desk_settings(), responder.keys(), giving_back(tell)),
        control(context, control_settings(), responder.keys()) {
    control.serve(desk);
    if (!ready.traces.empty()) looks.start();
    ready.control = control.answers();
    ready.tcp = tcp_ports();
  }

  /// What the responder is told; finds out by the way which sockets can be had.
  Settings core() {
    if (settings.keys.empty()) throw std::runtime_error("a responder without a key would answer nobody");
    raise_descriptor_limit();
    const std::vector<bool> busy = udp_ports_in_use();
    for (const proto::Ports& one : settings.udp) {
      ready.ports += one.size();
      ready.in_use +=
          static_cast<std::size_t>(std::count(busy.begin() + one.first, busy.begin() + one.last + 1, true));
    }
    if (ready.in_use > 0) ready.held = udp_ports_held(settings.udp);
    ready.own_port = bind_own_port();
    open_raw();
    if (ready.mode == proto::ResponderMode::bound) bind_for_greetings();
    if (fronts.empty() && held.empty())
      throw std::runtime_error("no UDP port can be listened on: " + ready.why_bound);
    Settings out{settings.keys, settings.udp, ready.mode, ready.traces, {}, settings.allowed, {}, {}, {}};
    if (ready.mode == proto::ResponderMode::bound) out.slice = settings.slice;
    out.ends = Clock::now() + settings.lasts;
    return out;
  }

  bool bind_own_port() {
    if (!settings.address.empty()) only = address_bytes(settings.address);
    int error = 0;
    auto front = open_bound_front(settings.address, settings.port, error);
    if (error == EADDRNOTAVAIL)
      throw std::runtime_error("cannot listen on " + settings.address + ": this host does not have it");
    if (!front && error != EADDRINUSE)
      throw std::runtime_error("cannot listen on UDP " + std::to_string(settings.port) + ": " +
                               std::generic_category().message(error));
    if (!front) return false;
    bound.insert(settings.port);
    watch(std::move(front), fronts);
    return true;
  }

  DeskSettings desk_settings() {
    return {[this] {
              give_back_pages();  // shaking hands took most of what is there, and is over
              rest.disturbed();
              return view();
            },
            settings.mint,
            settings.why_no_tokens,
            [this] { return control.hold(); },
            [this] { control.let_go(); },
            {[this](std::string_view nonce) { return responder.heard(nonce); },
             [this](const NamedKey& key) { return responder.last_heard(key); }},
            settings.allowed,
            Clock::now() + settings.lasts,
            {}};
  }

  ControlServerSettings control_settings() const {
    return {settings.address, settings.port, settings.tcp, settings.livekit_hosts, settings.livekit_port};
  }

  std::vector<TcpPort> tcp_ports() const {
    std::vector<TcpPort> out = control.others();
    for (TcpPort& one : out) {
      if (one.state == TcpPort::State::in_use) find_owner(one);
    }
    return out;
  }

  HostView view() const {
    return {settings.livekit_port,
            ready.mode,
            settings.udp,
            tcp_ports(),
            udp_ports_held(settings.udp),
            settings.address.empty() ? host_addresses() : std::vector{settings.address},
            ephemeral_ports(),
            wall_seconds()};
  }

  void open_raw() {
    ready.mode = proto::ResponderMode::bound;
    if (settings.never_raw) ready.why_bound = "as asked for";
    if (settings.never_raw || settings.udp.empty()) return;
    for (const Family family : {Family::ipv4, Family::ipv6}) {
      if (!settings.address.empty() && family_of(settings.address) != family) continue;
      std::string why;
      auto front = open_raw_front(family, settings.udp, why);
      if (front) {
        ready.mode = proto::ResponderMode::raw;
        ready.greets_on_media = true;
        if (tracer.add(family)) ready.traces.push_back(family);
        watch(std::move(front), fronts);
      } else if (ready.mode == proto::ResponderMode::bound) {
        ready.why_bound = why;
        return;  // IPv6 alone may be what the host lacks; not the right to raw sockets
      }
    }
  }

  /// A few of the ports of a range, of which LiveKit takes others. Where these would be all, LiveKit could
  /// not start: they are taken for a sweep alone.
  void bind_for_greetings() {
    for (const proto::Ports& one : settings.udp) {
      const std::vector<std::uint16_t> ports = proto::greeting_ports(one);
      if (ready.own_port && ports.size() == one.size()) continue;
      for (const std::uint16_t port : ports) ready.greets_on_media |= bind(port);
    }
  }

  bool bind(std::uint16_t port) {
    if (bound.contains(port)) return true;
    int error = 0;
    auto front = open_bound_front(settings.address, port, error);
    if (!front) return false;
    bound.insert(port);
    watch(std::move(front), fronts);
    return true;
  }

  /// The slice before is let go: LiveKit may have its ports again.
  Held hold(const proto::Ports& ports) {
    Held out{std::vector<bool>(ports.size()), {}};
    if (ready.mode == proto::ResponderMode::raw) {
      const std::vector<bool> all = udp_ports_in_use();
      std::copy_n(all.begin() + ports.first, ports.size(), out.others.begin());
      return out;
    }
    held.clear();
    const std::size_t room = spare_descriptors();
    for (std::size_t i = 0; i < ports.size(); ++i) {
      const auto port = static_cast<std::uint16_t>(ports.first + i);
      if (bound.contains(port)) continue;
      const bool wanted = i < settings.slice && is_within(settings.udp, port);
      const bool may = wanted && held.size() < room;
      int error = wanted && !may ? EMFILE : 0;
      auto front = may ? open_bound_front(settings.address, port, error) : nullptr;
      out.others[i] = front == nullptr;
      if (front) watch(std::move(front), held);
      if (error != 0 && error != EADDRINUSE)
        out.why_unopened = std::to_string(port) + ": " + std::generic_category().message(error);
    }
    return out;
  }

  /// The context runs out of work then, as soon as what is open was brought to its end.
  void close() {
    control.close();
    looks.stop();
    tracer.stop();
    fronts.clear();
    held.clear();
  }

  void watch(std::unique_ptr<Front> front, std::vector<std::shared_ptr<Watched>>& into) {
    into.push_back(std::make_shared<Watched>(context, std::move(front)));
    wait(into.back());
  }

  void wait(const std::weak_ptr<Watched>& weak) {
    const auto watched = weak.lock();
    if (!watched) return;
    watched->descriptor.async_wait(stream_descriptor::wait_read,
                                   [this, weak](boost::system::error_code error) {
                                     if (!error) serve(weak);
                                     if (!error) wait(weak);
                                   });
  }

  void serve(const std::weak_ptr<Watched>& weak) {
    // A slice that is asked for lets go of the socket it was asked at.
    const auto watched = weak.lock();
    for (int i = 0; watched && i < kAtOnce && watched->front->receive(incoming); ++i) {
      if (only && !incoming.came_to(*only)) continue;
      const Arrival arrival{incoming.from(), incoming.port, incoming.payload, incoming.at()};
      auto answer = responder.take(arrival, Clock::now());
      if (!answer) continue;  // what strangers send leaves nothing to give back
      rest.disturbed();
      looks.start();
      tracer.start();
      if (!respond::answer(context, watched, incoming, std::move(answer->bytes), answer->after))
        responder.kept(arrival);
    }
  }

  ServiceSettings settings;
  Ready ready;
  asio::io_context context{1};
  Rest rest{context};
  std::vector<std::shared_ptr<Watched>> fronts, held;
  std::set<std::uint16_t> bound;
  std::optional<in6_addr> only;  // raw sockets hear every address
  Incoming incoming;
  Tracer tracer{context,
                settings.udp,
                [this] {
                  for (const auto& one : fronts) serve(one);
                },
                {[this](const Incoming& seen) {
                   if (!only || seen.came_to(*only))
                     responder.trace({seen.from(), seen.port, seen.payload, {}}, Clock::now());
                 },
                 [this](Family family) { responder.trace_missed(family); }}};
  Responder responder;
  EachSecond looks{context, [this] {
                     const bool again = responder.look(Clock::now());
                     if (!again) tracer.stop();
                     return again;
                   }};
  Desk desk;
  ControlServer control;
};

Service::Service(ServiceSettings settings, Tell tell)
    : state_(std::make_unique<State>(std::move(settings), std::move(tell))) {}
Service::~Service() = default;

const Ready& Service::ready() const noexcept {
  return state_->ready;
}
const Counters& Service::counters() const noexcept {
  return state_->responder.counters();
}
const DeskCounters& Service::desk_counters() const noexcept {
  return state_->desk.counters();
}
std::size_t Service::ports_reached() const {
  return state_->responder.ports_reached();
}

void Service::run(int stop) {
  give_back_pages();
  asio::io_context& context = state_->context;
  Progress progress(
      context, [this] { return ports_reached(); }, state_->settings.progress);
  bool ends = false;
  const auto end = [&ends](boost::system::error_code) { ends = true; };
  asio::steady_timer over(context, state_->settings.lasts);
  over.async_wait(end);
  stream_descriptor stopped(context);
  if (stop >= 0) {
    stopped.assign(stop);
    stopped.async_wait(stream_descriptor::wait_read, end);
  }
  while (!ends && context.run_one() > 0) {
  }
  if (stop >= 0) stopped.release();
  over.cancel();
  progress.stop();
  state_->close();
  context.run_for(kForGoodbyes);
}

}  // namespace lkdoctor::respond
