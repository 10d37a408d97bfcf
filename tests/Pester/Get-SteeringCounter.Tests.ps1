BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
    Set-Content TestDrive:/a.yaml @'
version: 1
policy: a
rules:
  - name: office
    when: { source: 10.0.0.0/8 }
    steer: { by: slot, slot: 3 }
otherwise: { by: hash }
'@
    Set-Content TestDrive:/a2.yaml @'
version: 1
policy: a2
otherwise: { by: hash }
'@
    $null = New-ReuseportGroup web -SlotCount 4 -Port 5300
}

Describe 'Get-SteeringCounter' {
    It 'has nothing to show without a policy' {
        { Get-SteeringCounter web -ErrorAction Stop } | Should -Throw -ErrorId 'NoPolicy*'
    }

    It 'counts every rule, the default, every slot, misses and rejections' {
        $null = Set-SteeringPolicy web TestDrive:/a.yaml
        $counters = @(Get-SteeringCounter web)
        ($counters | Where-Object Kind -EQ 'Rule').Name | Should -Be 'office'
        @($counters | Where-Object Kind -EQ 'Slot').Count | Should -Be 4
        foreach ($kind in 'Otherwise', 'Kernel', 'Reject', 'Miss') {
            @($counters | Where-Object Kind -EQ $kind).Count | Should -BeGreaterThan 0 -Because $kind
        }
        ($counters | Measure-Object -Property Value -Sum).Sum | Should -Be 0
    }

    It 'shows only the kinds asked for' {
        $null = Set-SteeringPolicy web TestDrive:/a.yaml
        (Get-SteeringCounter web -Kind Slot).Index | Should -Be 0, 1, 2, 3
    }

    It 'reads again and again with -Watch, and once on a simulator when nobody says how often' {
        $null = Set-SteeringPolicy web TestDrive:/a.yaml
        @(Get-SteeringCounter web -Watch -Kind Slot).Count | Should -Be 4
        $counters = @(Get-SteeringCounter web -Watch -Kind Slot -Count 3 -Interval 1h)
        $counters.Count | Should -Be 12
        $counters[0].Rate | Should -BeNullOrEmpty
    }

    It 'writes one text for Prometheus, each metric once' {
        $null = Set-SteeringPolicy web TestDrive:/a.yaml
        $null = New-ReuseportGroup dns -SlotCount 2 -Port 5301
        $null = Set-SteeringPolicy dns TestDrive:/a2.yaml
        $text = Get-ReuseportGroup | Get-SteeringCounter -Format Prometheus
        $text | Should -BeOfType string
        $lines = $text -split "`n"
        $lines | Should -Contain '# TYPE reuseport_slot_packets_total counter'
        $lines | Should -Contain 'reuseport_rule_packets_total{group="web",backend="Simulator",rule="office",index="0"} 0'
        $lines | Should -Contain 'reuseport_slot_packets_total{group="dns",backend="Simulator",slot="1"} 0'
        $lines | Should -Contain 'reuseport_events_total{group="web",backend="Simulator",kind="Miss"} 0'
        $lines | Should -Contain 'reuseport_policy_epoch{group="web",backend="Simulator"} 0'
        @($lines | Where-Object { $_ -like '# TYPE*' }).Count | Should -Be 4
    }
}
