import { describe, expect, test } from 'vitest';

import { DeliveryCount } from './delivery-count.js';

describe('deliveries', () => {
  test('a publish has reached all when every connection has it', () => {
    const deliveries = new DeliveryCount(3, 2);
    expect(deliveries.deliver(0, 1)).toBe(true);
    expect(deliveries.deliver(2, 2)).toBe(true);
    expect(deliveries.reached).toBe(0);
    deliveries.deliver(1, 1);
    expect([deliveries.reached, deliveries.most]).toEqual([1, 2]);
    deliveries.deliver(0, 1);
    deliveries.deliver(1, 1);
    expect([deliveries.reached, deliveries.most]).toEqual([2, 2]);
  });

  test('go on for ever', () => {
    const deliveries = new DeliveryCount(2, 3);
    for (let i = 0; i < 100; i++) {
      deliveries.deliver(0, 3);
      expect(deliveries.reached).toBe(3 * i);
      deliveries.deliver(1, 3);
      expect(deliveries.reached).toBe(3 * (i + 1));
    }
  });

  test('are refused beyond what can be on the way', () => {
    const deliveries = new DeliveryCount(2, 2);
    expect(deliveries.deliver(0, 3)).toBe(false);
    expect(deliveries.deliver(0, 2)).toBe(true);
    expect(deliveries.deliver(0, 1)).toBe(false);
  });

  test('that are missing are told', () => {
    const deliveries = new DeliveryCount(3, 2);
    expect(deliveries.describeMissing()).toBeNull();
    deliveries.deliver(0, 1);
    deliveries.deliver(1, 1);
    expect(deliveries.describeMissing()).toContain('2 of 3');
  });

  test('to a single connection are there at once', () => {
    const deliveries = new DeliveryCount(1, 4);
    deliveries.deliver(0, 4);
    expect(deliveries.reached).toBe(4);
  });
});
