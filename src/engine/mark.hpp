// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <atomic>
#include <boost/asio/execution.hpp>
#include <cstdint>
#include <optional>
#include <utility>

namespace lkdoctor::engine {

/// A page of memory that engine and worker share: which check the worker's thread is in right now. It
/// outlives the worker, so a crash names its check exactly.
class SharedMark {
 public:
  SharedMark();  ///< throws std::system_error
  ~SharedMark();
  SharedMark(const SharedMark&) = delete;
  SharedMark& operator=(const SharedMark&) = delete;

  /// The check's place in the plan; nullopt: in none.
  std::optional<std::size_t> current() const;
  void clear() { *cell_ = 0; }
  std::atomic<std::uint32_t>& cell() { return *cell_; }

 private:
  std::atomic<std::uint32_t>* cell_;
};

/// Runs everything on `Inner`, with the cell set to `value` meanwhile. A check's coroutine is spawned on one
/// of these, so that every resumption of it, from whatever socket or timer, sets its mark.
template <class Inner>
class MarkingExecutor {
 public:
  MarkingExecutor(Inner inner, std::atomic<std::uint32_t>* cell, std::uint32_t value) noexcept
      : inner_(std::move(inner)), cell_(cell), value_(value) {}

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
  /// Sets the mark and gives back the former one: a check's timer may resume another's coroutine inline.
  struct Inside {
    Inside(std::atomic<std::uint32_t>* where, std::uint32_t value)
        : cell(where), before(where->exchange(value)) {}
    ~Inside() { *cell = before; }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;
    std::atomic<std::uint32_t>* cell;
    std::uint32_t before;
  };
  template <class Function>
  struct Marked {
    void operator()() {
      const Inside inside(cell, value);
      std::move(function)();
    }
    Function function;
    std::atomic<std::uint32_t>* cell;
    std::uint32_t value;
  };
  template <class Other>
  MarkingExecutor<Other> with(Other other) const {
    return MarkingExecutor<Other>(std::move(other), cell_, value_);
  }

  Inner inner_;
  std::atomic<std::uint32_t>* cell_;
  std::uint32_t value_;
};

}  // namespace lkdoctor::engine
