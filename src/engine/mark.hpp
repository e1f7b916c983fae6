// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <atomic>
#include <boost/asio/execution.hpp>
#include <cstdint>
#include <optional>
#include <utility>

#include "engine/scope.hpp"

namespace lkdoctor::engine {

/// Which check of which job.
struct Mark {
  JobNumber job;
  std::uint32_t check;  ///< its place in the scope
};

/// A mark in one word, so that it is never seen half written. 0: none, for no job has the number 0.
constexpr std::uint64_t packed(Mark mark) {
  return std::uint64_t{mark.job} << 32 | mark.check;
}

using MarkCell = std::atomic<std::uint64_t>;
static_assert(MarkCell::is_always_lock_free);  // two processes share it

/// A page of memory that engine and worker share: which check the worker's thread is in right now. It
/// outlives the worker, so a crash names its check exactly.
class SharedMark {
 public:
  SharedMark();  ///< throws std::system_error
  ~SharedMark();
  SharedMark(const SharedMark&) = delete;
  SharedMark& operator=(const SharedMark&) = delete;

  std::optional<Mark> current() const;  ///< nullopt: in none
  MarkCell& cell() { return *cell_; }

 private:
  MarkCell* cell_;
};

/// Runs everything on `Inner`, with the cell set to `mark` meanwhile. A check's coroutine is spawned on one
/// of these, so that every resumption of it, from whatever socket or timer, sets its mark.
template <class Inner>
class MarkingExecutor {
 public:
  MarkingExecutor(Inner inner, MarkCell* cell, Mark mark) noexcept
      : MarkingExecutor(std::move(inner), cell, packed(mark)) {}

  template <class Property>
    requires boost::asio::can_query_v<const Inner&, Property>
  decltype(auto) query(const Property& property) const noexcept {
    return boost::asio::query(inner_, property);
  }
  template <class Property>
    requires boost::asio::can_require_v<const Inner&, Property>
  auto require(const Property& property) const {
    return with(boost::asio::require(inner_, property));
  }
  template <class Property>
    requires boost::asio::can_prefer_v<const Inner&, Property>
  auto prefer(const Property& property) const {
    return with(boost::asio::prefer(inner_, property));
  }
  template <class Function>
  void execute(Function&& function) const {
    inner_.execute(Marked<std::decay_t<Function>>{std::forward<Function>(function), cell_, value_});
  }
  friend bool operator==(const MarkingExecutor& left, const MarkingExecutor& right) noexcept {
    return left.inner_ == right.inner_ && left.cell_ == right.cell_ && left.value_ == right.value_;
  }
  friend bool operator!=(const MarkingExecutor& left, const MarkingExecutor& right) noexcept {
    return !(left == right);
  }

 private:
  template <class Other>
  friend class MarkingExecutor;
  MarkingExecutor(Inner inner, MarkCell* cell, std::uint64_t value) noexcept
      : inner_(std::move(inner)), cell_(cell), value_(value) {}

  /// Sets the mark and gives back the former one: a check's timer may resume another's coroutine inline.
  struct Inside {
    Inside(MarkCell* where, std::uint64_t value) : cell(where), before(where->exchange(value)) {}
    ~Inside() { *cell = before; }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;
    MarkCell* cell;
    std::uint64_t before;
  };
  template <class Function>
  struct Marked {
    void operator()() {
      const Inside inside(cell, value);
      std::move(function)();
    }
    Function function;
    MarkCell* cell;
    std::uint64_t value;
  };
  template <class Other>
  MarkingExecutor<Other> with(Other other) const {
    return MarkingExecutor<Other>(std::move(other), cell_, value_);
  }

  Inner inner_;
  MarkCell* cell_;
  std::uint64_t value_;
};

}  // namespace lkdoctor::engine
