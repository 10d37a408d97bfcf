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
}
