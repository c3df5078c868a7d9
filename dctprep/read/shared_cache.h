// SPDX-License-Identifier: BSD-3-Clause
// The last few values made, shared between threads.
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

namespace dctprep {

// Keeps the `capacity` values used last. A value in use outlives its place here.
template <class Key, class Value>
class SharedCache {
 public:
  explicit SharedCache(std::size_t capacity) : capacity_(capacity) {}

  // The value of `key`. The first thread that asks for it fills it with `make(value)`, others wait for that; where
  // `make` throws, the next one tries again.
  template <class Make>
  std::shared_ptr<const Value> get(const Key& key, const Make& make) {
    const std::shared_ptr<Entry> entry = find(key);
    std::call_once(entry->made, [&] { make(entry->value); });
    return {entry, &entry->value};
  }

 private:
  struct Entry {
    std::once_flag made;
    Value value;
  };
  using Order = std::list<std::pair<Key, std::shared_ptr<Entry>>>;

  std::shared_ptr<Entry> find(const Key& key) {
    const std::lock_guard lock(mutex_);
    if (const auto found = places_.find(key); found != places_.end()) {
      order_.splice(order_.begin(), order_, found->second);
      return order_.front().second;
    }
    order_.emplace_front(key, std::make_shared<Entry>());
    places_[key] = order_.begin();
    if (order_.size() > capacity_) {
      places_.erase(order_.back().first);
      order_.pop_back();
    }
    return order_.front().second;
  }

  std::size_t capacity_;
  std::mutex mutex_;
  Order order_;  // the last one used first
  std::map<Key, typename Order::iterator> places_;
};

}  // namespace dctprep
